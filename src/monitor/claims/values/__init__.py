"""Typed values in English, Chinese and Russian: numbers, quantities and dates. Pure, no configuration."""
