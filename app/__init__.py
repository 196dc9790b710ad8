"""The running whole: settings, the composition root, the house flow, workers and the command line."""
