"""Words everybody shares: ids, events, errors, the policy model and the ports that adapters fill. No I/O."""
