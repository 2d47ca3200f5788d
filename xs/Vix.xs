/* The XS of all packages of VMware::Vix: one shared object, one part for each kind of call. */
#include "glue.h"
#include "constants.h"

MODULE = VMware::Vix    PACKAGE = VMware::Vix::Simple

PROTOTYPES: DISABLE

INCLUDE: host.xsi

INCLUDE: vm.xsi

INCLUDE: snapshot.xsi

INCLUDE: property.xsi

INCLUDE: handle.xsi

INCLUDE: constants.xsi
