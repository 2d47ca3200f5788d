/* The XS of all packages of VMware::Vix: one shared object. The calls that start jobs come from the
 * core's table (calls.h); the parts included here return at once, except for the waits in job.xsi. */
#include "calls.h"
#include "constants.h"

MODULE = VMware::Vix    PACKAGE = VMware::Vix::Simple

PROTOTYPES: DISABLE

INCLUDE: snapshot.xsi

INCLUDE: property.xsi

INCLUDE: handle.xsi

INCLUDE: job.xsi

INCLUDE: constants.xsi
