using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Isolation.Sdk.Platform;

internal unsafe struct SpawnArguments
{
    public int* Id;
    public byte* File;
    public byte* Actions;
    public byte* Attributes;
    public byte** Words;
    public byte** Environment;
}

// Restrictions are a thread's, and go to the threads and processes it makes. So between the first restriction and its
// end that thread runs one method, compiled beforehand, of nothing but calls through pointers: it allocates nothing,
// compiles nothing, completes nothing, and therefore makes no thread.
internal static unsafe class RestrictedThread
{
    private const int StackSize = 256 * 1024;
    private static readonly Exports Native = new();

    // 0, or the error number; negative when it was a restriction that failed.
    public static int Spawn(ThreadRestriction restriction, SpawnArguments spawn, Action<int> thread)
    {
        Work work = new()
        {
            Calls = (SystemCall*)Marshal.UnsafeAddrOfPinnedArrayElement(restriction.Calls, 0),
            Count = restriction.Calls.Length,
            Spawn = spawn,
            SystemCall = Native.SystemCall,
            PosixSpawn = Native.PosixSpawn,
            Error = Native.Error,
        };
        nint address = (nint)(&work);
        Thread restricted = new(
            () =>
            {
                thread(LinuxProcess.ThreadId());
                CarryOut((Work*)address);
            },
            StackSize
        )
        {
            IsBackground = true,
            Name = "Isolation.Sdk restricted",
        };
        restricted.UnsafeStart();
        restricted.Join();
        GC.KeepAlive(restriction);
        return work.Result;
    }

    // Compiled in full the first time: no later recompilation asks the runtime for a thread.
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void CarryOut(Work* work)
    {
        for (int i = 0; i < work->Count; i++)
        {
            SystemCall* call = work->Calls + i;
            if (
                work->SystemCall(call->Number, call->First, call->Second, call->Third, call->Fourth, 0) < 0
                && call->MayFail == 0
            )
            {
                work->Result = -*work->Error();
                return;
            }
        }

        work->Result = work->PosixSpawn(
            work->Spawn.Id,
            work->Spawn.File,
            work->Spawn.Actions,
            work->Spawn.Attributes,
            work->Spawn.Words,
            work->Spawn.Environment
        );
    }

    private struct Work
    {
        public SystemCall* Calls;
        public int Count;
        public int Result;
        public SpawnArguments Spawn;
        public delegate* unmanaged<nint, nint, nint, nint, nint, nint, nint> SystemCall;
        public delegate* unmanaged<int*, byte*, byte*, byte*, byte**, byte**, int> PosixSpawn;
        public delegate* unmanaged<int*> Error;
    }

    private sealed class Exports
    {
        public readonly delegate* unmanaged<nint, nint, nint, nint, nint, nint, nint> SystemCall;
        public readonly delegate* unmanaged<int*, byte*, byte*, byte*, byte**, byte**, int> PosixSpawn;
        public readonly delegate* unmanaged<int*> Error;

        public Exports()
        {
            nint libc = NativeLibrary.Load("libc.so.6");
            SystemCall = (delegate* unmanaged<nint, nint, nint, nint, nint, nint, nint>)
                NativeLibrary.GetExport(libc, "syscall");
            PosixSpawn = (delegate* unmanaged<int*, byte*, byte*, byte*, byte**, byte**, int>)
                NativeLibrary.GetExport(libc, "posix_spawn");
            Error = (delegate* unmanaged<int*>)NativeLibrary.GetExport(libc, "__errno_location");
            Rehearse();
        }

        // Once on the calling thread, so that every call below is compiled and bound.
        private void Rehearse()
        {
            int nobody;
            byte nowhere = 0;
            byte* none = null;
            SystemCall harmless = new(-1, 0, 0, 0, 0, 1);
            Work work = new()
            {
                Calls = &harmless,
                Count = 1,
                SystemCall = SystemCall,
                PosixSpawn = PosixSpawn,
                Error = Error,
            };
            work.Spawn = new SpawnArguments
            {
                Id = &nobody,
                File = &nowhere,
                Words = &none,
                Environment = &none,
            };
            CarryOut(&work);
            // An empty name is no program. The same again, as a restriction that fails: that path, too, has to be
            // there.
            harmless.MayFail = 0;
            CarryOut(&work);
        }
    }
}
