"""Measuring the product's own matching on tables that others bring: `./hotline bench`."""
