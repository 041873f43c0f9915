"""Mechanical mutants of the reference: one small change of its code each, judged by the laws."""
