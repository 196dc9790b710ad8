"""What leaves the house and what stays: releases with their marks, holds and terms, keys that turn."""
