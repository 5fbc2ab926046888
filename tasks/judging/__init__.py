"""Rules that read what an agent said and did, without any model."""
