/*
 * Double-clicked in Finder: Terminal opens a window, runs the file, and the person wants to read
 * what it said before the window goes.
 *
 * Nothing tells a program who opened its terminal. The rule: macOS; no arguments; called by an
 * absolute path (Finder does, a person hardly ever); stdin and stderr are terminals; and the
 * working directory is $HOME, where Terminal starts its shells. Somebody who types the absolute
 * path at home presses Enter once more, no harm done.
 */
#pragma once

#include "ui.h"

void finder_window_wait(struct ui *ui, int argc, char *const *argv);
