"""Colour: conversion between RGB and the planes that codecs code, and the most that a colour path can keep."""
