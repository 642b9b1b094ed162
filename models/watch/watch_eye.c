/* watch_eye.c - another place from which a monitor asks: it only lends its site. */
#include "sim/world/component.h"

typedef struct WatchEye {
    Component component;
} WatchEye;

const Kind watch_eye_kind = {
    .name = "watch_eye",
    .help = "One of the places from which a monitor checks again",
    .leaves_out = "nothing: it has no behaviour of its own",
    .size = sizeof(WatchEye),
    .scope = KIND_PART,
};
