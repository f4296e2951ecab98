using Microsoft.Win32.SafeHandles;

namespace Isolation.Sdk.Platform;

// Closed on exec, so that no sibling started meanwhile gets an end.
internal sealed class PipePair : IDisposable
{
    public unsafe PipePair()
    {
        int* ends = stackalloc int[2];
        if (LinuxProcess.Pipe(ends, LinuxProcess.CloseOnExec) != 0)
        {
            throw new IsolationException(
                SandboxCodes.CommandNotStarted,
                "There are no file descriptors left for a pipe.",
                "Run fewer workers at once, or raise the limit of open files."
            );
        }

        (Read, Write) = (Above(ends[0]), Above(ends[1]));
    }

    public SafePipeHandle Read { get; }

    public SafePipeHandle Write { get; }

    public void Dispose()
    {
        Read.Dispose();
        Write.Dispose();
    }

    // In a host whose own standard streams are closed a pipe may get their numbers.
    private static SafePipeHandle Above(int end)
    {
        using SafePipeHandle? low = end > 2 ? null : new SafePipeHandle(end, ownsHandle: true);
        return new SafePipeHandle(low is null ? end : LinuxProcess.DuplicateAbove(end, 3), ownsHandle: true);
    }
}
