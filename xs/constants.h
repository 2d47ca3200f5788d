// The constants as Perl subs and their export list, from the lists that the core is built from.
#pragma once

#include "glue.h"

struct vix_integer_constant {
    const char* name;
    int value;
    const char* group;
};

struct vix_string_constant {
    const char* name;
    const char* value;
    const char* group;
};

static const vix_integer_constant vix_integer_constants[] = {
#define VIX_CONSTANT(name, number, group) {#name, number, #group},
#define VIX_STRING_CONSTANT(name, text, group)
#define VIX_ERROR(name, number, text) {#name, number, "error"},
#include "api/constants.def"
#undef VIX_STRING_CONSTANT
#undef VIX_CONSTANT
#undef VIX_ERROR
};

static const vix_string_constant vix_string_constants[] = {
#define VIX_CONSTANT(name, number, group)
#define VIX_STRING_CONSTANT(name, text, group) {#name, text, #group},
#include "api/constants.def"
#undef VIX_STRING_CONSTANT
#undef VIX_CONSTANT
};

static inline void vix_add_to_tag(pTHX_ HV* tags, const char* tag, const char* name) {
    SV** slot = hv_fetch(tags, tag, static_cast<I32>(strlen(tag)), 1);
    if (!SvROK(*slot)) sv_setsv(*slot, sv_2mortal(newRV_noinc(reinterpret_cast<SV*>(newAV()))));
    av_push(reinterpret_cast<AV*>(SvRV(*slot)), newSVpv(name, 0));
}

static inline void vix_define_constant(pTHX_ HV* stash, const char* name, const char* group,
                                       SV* value) {
    newCONSTSUB(stash, name, value);
    av_push(get_av("VMware::Vix::API::Constants::EXPORT", GV_ADD), newSVpv(name, 0));
    vix_add_to_tag(aTHX_ get_hv("VMware::Vix::API::Constants::EXPORT_TAGS", GV_ADD), group, name);
}

static inline void vix_define_constants(pTHX) {
    HV* stash = gv_stashpvs("VMware::Vix::API::Constants", GV_ADD);
    for (const auto& constant : vix_integer_constants) {
        vix_define_constant(aTHX_ stash, constant.name, constant.group, newSViv(constant.value));
    }
    for (const auto& constant : vix_string_constants) {
        vix_define_constant(aTHX_ stash, constant.name, constant.group, newSVpv(constant.value, 0));
    }
}
