using Isolation.Sdk.Sandbox;
using Microsoft.Win32.SafeHandles;

namespace Isolation.Sdk.Platform;

/// <summary>A pipe between the host and one child. Both ends are closed on exec, so that no sibling started meanwhile gets one.</summary>
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

        Read = Above(ends[0]);
        Write = Above(ends[1]);
    }

    public SafePipeHandle Read { get; }

    public SafePipeHandle Write { get; }

    public void Dispose()
    {
        Read.Dispose();
        Write.Dispose();
    }

    /// <summary>In a host whose own standard streams are closed a pipe may get their numbers, and the child's would overwrite each other.</summary>
    private static SafePipeHandle Above(int end)
    {
        if (end > 2)
        {
            return new SafePipeHandle(end, ownsHandle: true);
        }

        using SafePipeHandle low = new(end, ownsHandle: true);
        return new SafePipeHandle(LinuxProcess.DuplicateAbove(end, 3), ownsHandle: true);
    }
}
