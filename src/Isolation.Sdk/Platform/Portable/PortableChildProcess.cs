using System.ComponentModel;
using System.Diagnostics;
using Isolation.Sdk.Sandbox;

namespace Isolation.Sdk.Platform;

/// <summary>A process started by the runtime's own means, for macOS, Windows and C libraries without <c>posix_spawn</c>'s newer actions: no session of its own, and a daemonised grandchild gets away.</summary>
internal sealed class PortableChildProcess : ChildProcess
{
    private readonly Process _process;
    private readonly TimeProvider _time;

    private PortableChildProcess(Process process, TimeProvider time)
    {
        _process = process;
        _time = time;
        Id = process.Id;
        Exited = ExitAsync(process);
    }

    public override int Id { get; }

    public override string Mechanism => "process tree";

    public override Task<int> Exited { get; }

    public static Task<ChildProcess> StartAsync(ProcessSpec launch, TimeProvider time) =>
        ExecRetry.StartAsync(() => Task.FromResult(Start(launch, time)), time);

    private static ChildProcess Start(ProcessSpec launch, TimeProvider time)
    {
        ProcessStartInfo start = new(launch.File, launch.Arguments)
        {
            WorkingDirectory = launch.Directory,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            CreateNoWindow = true,
            UseShellExecute = false,
        };
        start.Environment.Clear();
        foreach ((string name, string value) in launch.Environment)
        {
            start.Environment[name] = value;
        }

        Process process = new() { StartInfo = start };
        try
        {
            process.Start();
        }
        catch (Exception e) when (e is Win32Exception or IOException)
        {
            process.Dispose();
            throw new IsolationException(
                SandboxCodes.CommandNotStarted,
                $"'{launch.File}' could not be started in '{launch.Directory}': {e.Message}.",
                "A script needs an interpreter line (#!) that exists; a program must fit this machine.",
                e
            );
        }

        if (!launch.OpenInput)
        {
            process.StandardInput.Close();
        }

        Stream output = process.StandardOutput.BaseStream;
        Stream error = process.StandardError.BaseStream;
        return new PortableChildProcess(process, time)
        {
            Input = launch.OpenInput ? process.StandardInput.BaseStream : Stream.Null,
            Output = launch.Log is null ? output : Stream.Null,
            Error = launch.Log is null ? error : Stream.Null,
            Logged = launch.Log is { } log
                ? Task.WhenAll(PumpAsync(output, log), PumpAsync(error, log))
                : Task.CompletedTask,
        };
    }

    public override async Task<bool> EndAsync(TimeSpan grace)
    {
        if (grace > TimeSpan.Zero && !OperatingSystem.IsWindows() && !_process.HasExited)
        {
            LinuxProcess.TerminateChild(Id);
            await Task.WhenAny(Exited, Task.Delay(grace, _time)).ConfigureAwait(false);
        }

        bool forced = !_process.HasExited;
        try
        {
            _process.Kill(entireProcessTree: true);
        }
        catch (InvalidOperationException)
        {
            // It has ended; what it started before is out of reach here.
        }

        await Exited.ConfigureAwait(false);
        return forced;
    }

    private static async Task<int> ExitAsync(Process process)
    {
        await process.WaitForExitAsync().ConfigureAwait(false);
        return process.ExitCode;
    }
}
