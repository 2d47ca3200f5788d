// Events of jobs while they run: callbacks of the low-level calls, and the progress hook of the
// simple ones. Both are Perl code, so they run only in the interpreter that registered them, when
// it waits or pumps events.
#pragma once

#include "glue.h"

// The state of one interpreter. A new thread starts without callbacks and hook.
#define MY_CXT_KEY "VMware::Vix::_events" XS_VERSION
typedef struct {
    HV* callbacks;  // job's handle -> [code, client data]; with each, a reference to the handle
    SV* hook;       // NULL: none
} my_cxt_t;
START_MY_CXT

// The code of a callback argument; NULL for none. Dies if the argument is not code.
static SV* vix_callback_argument(pTHX_ SV* argument) {
    SvGETMAGIC(argument);
    if (!SvOK(argument) || !SvTRUE_nomg(argument)) return NULL;
    HV* stash;
    GV* gv;
    CV* code = sv_2cv(argument, &stash, &gv, 0);
    if (!code) croak("callback \"%" SVf "\" is not code", SVfARG(argument));
    return sv_2mortal(newRV_inc(reinterpret_cast<SV*>(code)));
}

static void vix_remember_callback(pTHX_ int job, SV* callback, SV* data) {
    dMY_CXT;
    AV* pair = newAV();
    av_push(pair, newSVsv(callback));
    av_push(pair, newSVsv(data));
    vix::api::add_ref_handle(job);
    (void)hv_store(MY_CXT.callbacks, reinterpret_cast<const char*>(&job), sizeof job,
                   newRV_noinc(reinterpret_cast<SV*>(pair)), 0);
}

static void vix_call_back(pTHX_ AV* pair, int job, const vix::api::JobEvent* event) {
    dSP;
    ENTER;
    SAVETMPS;
    SV* error_before = sv_2mortal(newSVsv(ERRSV));
    PUSHMARK(SP);
    EXTEND(SP, 7);
    PUSHs(sv_2mortal(newSViv(job)));
    PUSHs(sv_2mortal(newSViv(event->type)));
    PUSHs(sv_2mortal(newSViv(event->more_info)));
    PUSHs(sv_2mortal(newSVsv(*av_fetch(pair, 1, 1))));
    if (event->type == vix::api::VIX_EVENTTYPE_JOB_PROGRESS) {
        PUSHs(sv_2mortal(newSViv(event->progress.percent)));
        PUSHs(sv_2mortal(newSViv(static_cast<IV>(event->progress.done_bytes))));
        PUSHs(sv_2mortal(newSViv(static_cast<IV>(event->progress.total_bytes))));
    }
    PUTBACK;
    call_sv(sv_2mortal(newSVsv(*av_fetch(pair, 0, 1))), G_VOID | G_DISCARD | G_EVAL);
    vix::api::release_handle(event->more_info);
    SV* message = SvTRUE(ERRSV) ? sv_2mortal(newSVsv(ERRSV)) : NULL;
    sv_setsv(ERRSV, error_before);
    // check-words: exempt, because die is Perl's own word
    if (message) warn("a callback of VMware::Vix died: %" SVf, SVfARG(message));
    FREETMPS;
    LEAVE;
}

// Delivers all events that wait in one job. After the last one it forgets the job.
static void vix_deliver_events_of(pTHX_ int job) {
    dMY_CXT;
    const char* key = reinterpret_cast<const char*>(&job);
    for (;;) {
        SV** entry = hv_fetch(MY_CXT.callbacks, key, sizeof job, 0);
        if (!entry) return;  // a callback has waited itself, which delivered the rest
        SV* pair = sv_2mortal(newSVsv(*entry));
        vix::api::JobEvent event;
        switch (vix::api::next_event(job, event)) {
            case vix::api::EventOutcome::Event:
                vix_call_back(aTHX_ reinterpret_cast<AV*>(SvRV(pair)), job, &event);
                break;
            case vix::api::EventOutcome::NoneNow:
                return;
            case vix::api::EventOutcome::NoneEver:
                (void)hv_delete(MY_CXT.callbacks, key, sizeof job, G_DISCARD);
                vix::api::release_handle(job);
                return;
        }
    }
}

// Delivers all events that wait for this interpreter. The jobs are listed first, because a callback
// may start others.
static void vix_deliver_events(pTHX) {
    dMY_CXT;
    if (!MY_CXT.callbacks || HvUSEDKEYS(MY_CXT.callbacks) == 0) return;
    ENTER;
    SAVETMPS;
    SV* list = sv_2mortal(newSV(HvUSEDKEYS(MY_CXT.callbacks) * sizeof(int)));
    int* jobs = reinterpret_cast<int*>(SvPVX(list));
    int count = 0;
    hv_iterinit(MY_CXT.callbacks);
    while (HE* entry = hv_iternext(MY_CXT.callbacks)) {
        memcpy(&jobs[count++], HeKEY(entry), sizeof(int));
    }
    for (int i = 0; i < count; ++i) vix_deliver_events_of(aTHX_ jobs[i]);
    FREETMPS;
    LEAVE;
}

// Calls the hook if the percentage differs from `*percent`. The hook may die, which ends the call.
static void vix_report_progress(pTHX_ int job, int* percent) {
    dMY_CXT;
    if (!MY_CXT.hook) return;
    const vix::api::JobProgressState state = vix::api::job_progress(job);
    if (!state.announced || state.percent == *percent) return;
    *percent = state.percent;
    dSP;
    ENTER;
    SAVETMPS;
    PUSHMARK(SP);
    EXTEND(SP, 3);
    PUSHs(sv_2mortal(newSViv(state.percent)));
    PUSHs(sv_2mortal(newSViv(static_cast<IV>(state.done_bytes))));
    PUSHs(sv_2mortal(newSViv(static_cast<IV>(state.total_bytes))));
    PUTBACK;
    call_sv(sv_2mortal(newSVsv(MY_CXT.hook)), G_VOID | G_DISCARD);
    FREETMPS;
    LEAVE;
}

// Replaces the hook. Returns the former one, which the caller owns.
static SV* vix_set_hook(pTHX_ SV* argument) {
    dMY_CXT;
    SV* hook = vix_callback_argument(aTHX_ argument);
    SV* before = MY_CXT.hook ? MY_CXT.hook : newSV(0);
    MY_CXT.hook = hook ? newSVsv(hook) : NULL;
    return before;
}

// Identifies the interpreter. A Perl built for one interpreter only has no aTHX.
static void* vix_interpreter(pTHX) {
#ifdef MULTIPLICITY
    return aTHX;
#else
    return PL_curinterp;
#endif
}

// Runs at the end of an interpreter. The end of the process's first one also ends all jobs, because
// a process that exits would leave a clone half made.
static void vix_at_exit(pTHX_ void* first) {
    dMY_CXT;
    if (vix_interpreter(aTHX) == first) vix::api::end_all_jobs(10 * 1000);
    if (!MY_CXT.callbacks) return;
    hv_iterinit(MY_CXT.callbacks);
    while (HE* entry = hv_iternext(MY_CXT.callbacks)) {
        int job;
        memcpy(&job, HeKEY(entry), sizeof job);
        vix::api::release_handle(job);
    }
    SvREFCNT_dec(MY_CXT.callbacks);
    SvREFCNT_dec(MY_CXT.hook);
    MY_CXT.callbacks = NULL;
    MY_CXT.hook = NULL;
}
