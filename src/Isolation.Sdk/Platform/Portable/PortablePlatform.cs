using System.ComponentModel;
using System.Diagnostics;

namespace Isolation.Sdk.Platform;

// For macOS, Windows and C libraries without posix_spawn's newer actions: no session of their own, and a daemonised
// grandchild gets away.
internal sealed class PortablePlatform(TimeProvider time) : IProcessPlatform, IProcessLauncher
{
    public bool EndsWholeTrees => false;

    public bool HasAnything => false;

    public Task<IReadOnlyList<string>> GetNoticesAsync(LimitValues limits, IProcessConfinement? confinement) =>
        Task.FromResult<IReadOnlyList<string>>([
            "Processes have no session of their own here, and a daemonised grandchild outlives its worker "
                + "(mechanism: process tree; untested outside Linux).",
        ]);

    public Task<IProcessLauncher> OpenAsync(LauncherSettings settings, Func<string, ValueTask> note) =>
        Task.FromResult<IProcessLauncher>(this);

    public IProcessLauncher Reopen(LauncherSettings settings, string? note) => this;

    public Task<ChildProcess> StartAsync(ProcessSpec spec, IScopeConfinement? confinement) =>
        ExecRetry.StartAsync(
            () => Task.FromResult<ChildProcess>(new PortableChildProcess(Start(spec), spec, time)),
            time
        );

    public Task EndAllAsync() => Task.CompletedTask;

    public void Release() { }

    private static Process Start(ProcessSpec spec)
    {
        ProcessStartInfo start = new(spec.File, spec.Arguments)
        {
            WorkingDirectory = spec.Directory,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            CreateNoWindow = true,
            UseShellExecute = false,
        };
        start.Environment.Clear();
        foreach ((string name, string value) in spec.Environment)
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
            throw spec.NotStarted(e);
        }

        if (!spec.OpenInput)
        {
            process.StandardInput.Close();
        }

        return process;
    }

    private sealed class PortableChildProcess : ChildProcess
    {
        private readonly Process _process;
        private readonly TimeProvider _time;

        public PortableChildProcess(Process process, ProcessSpec spec, TimeProvider time)
        {
            (_process, _time) = (process, time);
            Input = spec.OpenInput ? process.StandardInput.BaseStream : Stream.Null;
            Output = process.StandardOutput.BaseStream;
            Error = process.StandardError.BaseStream;
            Exit = WaitAsync();
        }

        public override int Id => _process.Id;

        public override string Mechanism => "process tree";

        public override bool EndsOutput => false;

        public override Task<(int Code, LimitHit? Limit)> Exit { get; }

        public override async Task<bool> EndAsync(TimeSpan grace)
        {
            if (grace > TimeSpan.Zero && !OperatingSystem.IsWindows() && !_process.HasExited)
            {
                LinuxProcess.TerminateChild(Id);
                await Task.WhenAny(Exit, Task.Delay(grace, _time)).ConfigureAwait(false);
            }

            bool forced = !_process.HasExited;
            try
            {
                _process.Kill(entireProcessTree: true);
            }
            catch (InvalidOperationException) { }

            await Exit.ConfigureAwait(false);
            return forced;
        }

        private async Task<(int Code, LimitHit? Limit)> WaitAsync()
        {
            await _process.WaitForExitAsync().ConfigureAwait(false);
            return (_process.ExitCode, null);
        }
    }
}
