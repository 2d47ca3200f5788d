import com.sun.jna.Callback;
import com.sun.jna.Library;
import com.sun.jna.Native;
import com.sun.jna.Pointer;
import com.sun.jna.ptr.ByteByReference;
import com.sun.jna.ptr.IntByReference;
import com.sun.jna.ptr.PointerByReference;

import java.util.concurrent.atomic.AtomicInteger;

/**
 * A tour of VIX in Java, with JNA: opens a virtual machine, lists its snapshots, takes one, makes a linked
 * clone of it with a callback, shows an error with its text, and deletes what it made.
 *
 * <pre>
 * javac -cp /usr/share/java/jna.jar Tour.java
 * java -cp /usr/share/java/jna.jar:. Tour /srv/vms/web/web.vmx /srv/vms/tour/tour.vmx
 * </pre>
 */
public final class Tour {
    static final int API_VERSION = -1;
    static final int WORKSTATION = 3;
    static final int LINKED = 1;
    static final int DELETE_DISKS = 2;
    static final int NONE = 0;
    static final int VM_NAME = 108;
    static final int VM_IS_RUNNING = 196;
    static final int RESULT_HANDLE = 3010;
    static final int SNAPSHOT_NAME = 4200;
    static final int COMPLETED = 2;

    /** The functions that the tour needs. */
    public interface Vix extends Library {
        /** What the library calls, on a thread of its own. */
        interface EventProc extends Callback {
            void event(int job, int type, int more, Pointer data);
        }

        String Vix_GetErrorText(long code, String locale);
        void Vix_ReleaseHandle(int handle);
        void Vix_FreeBuffer(Pointer buffer);
        long Vix_GetProperties(int handle, int id, Object... more);
        long VixJob_Wait(int job, int id, Object... more);
        int VixHost_Connect(int version, int type, String name, int port, String user, String password,
            int options, int properties, EventProc callback, Pointer data);
        void VixHost_Disconnect(int host);
        int VixVM_Open(int host, String path, EventProc callback, Pointer data);
        long VixVM_GetNumRootSnapshots(int vm, IntByReference count);
        long VixVM_GetRootSnapshot(int vm, int index, IntByReference snapshot);
        int VixVM_CreateSnapshot(int vm, String name, String description, int options, int properties,
            EventProc callback, Pointer data);
        int VixVM_RemoveSnapshot(int vm, int snapshot, int options, EventProc callback, Pointer data);
        int VixVM_Clone(int vm, int snapshot, int type, String path, int options, int properties,
            EventProc callback, Pointer data);
        int VixVM_Delete(int vm, int options, EventProc callback, Pointer data);
    }

    static final Vix VIX = Native.load(System.getProperty("vix.library", "vixAllProducts"), Vix.class);

    /** An error code, with its text. */
    static final class VixException extends RuntimeException {
        final long code;

        VixException(long code) {
            super(VIX.Vix_GetErrorText(code, null));
            this.code = code & 0xffff;
        }
    }

    static void check(long code) {
        if (code != 0) {
            throw new VixException(code);
        }
    }

    /** Waits for a job without a result. */
    static void finish(int job) {
        try {
            check(VIX.VixJob_Wait(job, NONE));
        } finally {
            VIX.Vix_ReleaseHandle(job);
        }
    }

    /** Waits for a job whose result is a handle. */
    static int handleOf(int job) {
        IntByReference handle = new IntByReference();
        try {
            check(VIX.VixJob_Wait(job, RESULT_HANDLE, handle, NONE));
        } finally {
            VIX.Vix_ReleaseHandle(job);
        }
        return handle.getValue();
    }

    /** A property that is text. The library's copy is freed. */
    static String text(int handle, int id) {
        PointerByReference place = new PointerByReference();
        check(VIX.Vix_GetProperties(handle, id, place, NONE));
        String text = place.getValue().getString(0, "UTF-8");
        VIX.Vix_FreeBuffer(place.getValue());
        return text;
    }

    /** A property that is a truth value: one byte. */
    static boolean truth(int handle, int id) {
        ByteByReference place = new ByteByReference();
        check(VIX.Vix_GetProperties(handle, id, place, NONE));
        return place.getValue() != 0;
    }

    static void listSnapshots(int vm) {
        IntByReference number = new IntByReference();
        check(VIX.VixVM_GetNumRootSnapshots(vm, number));
        int count = number.getValue();
        System.out.println(count + " root snapshots");
        for (int i = 0; i < count; i++) {
            check(VIX.VixVM_GetRootSnapshot(vm, i, number));
            System.out.println("  " + text(number.getValue(), SNAPSHOT_NAME));
            VIX.Vix_ReleaseHandle(number.getValue());
        }
    }

    public static void main(String[] arguments) {
        if (arguments.length != 2) {
            System.err.println("usage: java Tour VMX NEW-VMX");
            System.exit(1);
        }
        int host = handleOf(VIX.VixHost_Connect(API_VERSION, WORKSTATION, null, 0, null, null, 0, 0, null,
            null));
        int vm = handleOf(VIX.VixVM_Open(host, arguments[0], null, null));
        String state = truth(vm, VM_IS_RUNNING) ? "running" : "off";
        System.out.println("machine \"" + text(vm, VM_NAME) + "\" is " + state);
        listSnapshots(vm);
        int snapshot = handleOf(VIX.VixVM_CreateSnapshot(vm, "tour", "of examples/java", 0, 0, null, null));
        listSnapshots(vm);

        AtomicInteger completed = new AtomicInteger();
        Vix.EventProc onEvent = (job, type, more, data) -> {
            if (type == COMPLETED) {
                completed.incrementAndGet();
            }
        };
        int clone = handleOf(VIX.VixVM_Clone(vm, snapshot, LINKED, arguments[1], 0, 0, onEvent, null));
        System.out.println("linked clone made, job completed " + completed.get() + " time");
        try {
            handleOf(VIX.VixVM_Clone(vm, snapshot, LINKED, arguments[1], 0, 0, null, null));
        } catch (VixException error) {
            System.out.println("once more: error " + error.code + ": " + error.getMessage());
        }

        finish(VIX.VixVM_Delete(clone, DELETE_DISKS, null, null));
        finish(VIX.VixVM_RemoveSnapshot(vm, snapshot, 0, null, null));
        listSnapshots(vm);
        for (int handle : new int[] {clone, snapshot, vm}) {
            VIX.Vix_ReleaseHandle(handle);
        }
        VIX.VixHost_Disconnect(host);
    }
}
