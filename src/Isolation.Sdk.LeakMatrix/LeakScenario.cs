using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using Isolation.Sdk.Sandbox;

namespace Isolation.Sdk.Leaks;

/// <summary>Two workers side by side on one repository, and what is seen of a leak between them.</summary>
internal abstract class LeakScenario(LeakFixture place)
{
    /// <summary>The line by which a script says that it noticed the other worker.</summary>
    public const string Mark = "LEAK";

    private readonly ConcurrentBag<IWorkerProcess> _running = [];

    public LeakFixture Fixture => place;

    /// <summary>The offender.</summary>
    public abstract LeakWorker A { get; }

    /// <summary>The victim.</summary>
    public abstract LeakWorker B { get; }

    /// <summary>Whether one of them noticed the other.</summary>
    public bool Leaks { get; private set; }

    /// <summary>Whether both workers are there, and the probe has begun.</summary>
    public bool BothStarted { get; private set; }

    /// <summary>Whether the offender did anything at all.</summary>
    public bool WasAttempted { get; private set; }

    /// <summary>What the offender's last command said.</summary>
    public string Evidence { get; private set; } = "";

    /// <summary>What was reported about the two workers when they were done.</summary>
    public IReadOnlyList<string> Findings { get; protected set; } = [];

    /// <summary>Puts two workers side by side, lets the probe try, and ends them.</summary>
    public abstract Task RunAsync(LeakProbe probe, CancellationToken cancellationToken);

    public void OnExited(LeakWorker worker, ExecResult result)
    {
        WasAttempted |= worker == A;
        Leaks |= result.Output.Split('\n').Contains(Mark);
        if (worker == A)
        {
            string said = result.Error.Trim().Split('\n')[^1];
            Evidence = string.Create(
                CultureInfo.InvariantCulture,
                $"exit {result.ExitCode}{(said.Length > 0 ? ": " : "")}{said}"
            );
        }
    }

    /// <summary>The first line and the process of the last script that stays.</summary>
    public (string Line, int Process) Background { get; private set; } = ("", 0);

    public void OnStarted(LeakWorker worker, int process, string line)
    {
        WasAttempted |= worker == A;
        Leaks |= line == Mark;
        Background = (line, process);
        Evidence = worker == A ? line : Evidence;
    }

    /// <summary>For probes that are no scripts: what they saw.</summary>
    public void Report(bool leak, string evidence)
    {
        WasAttempted = true;
        Leaks |= leak;
        Evidence = evidence;
    }

    /// <summary>Runs a script as the host would: a plain process in the canonical checkout.</summary>
    public async Task RunAtHostAsync(string script)
    {
        ExecResult result = await PlainProcess
            .RunAsync(
                Start(
                    WorkerCommand.Of(
                        "sh",
                        "-c",
                        script,
                        "sh",
                        A.Workspace,
                        place.Repository.Path,
                        place.Home,
                        place.UniqueName,
                        B.Workspace
                    ),
                    place.Repository.Path
                )
            )
            .ConfigureAwait(false);
        Leaks |= result.Output.Split('\n').Contains(Mark);
    }

    public void Track(IWorkerProcess process) => _running.Add(process);

    /// <summary>Starts a plain process in the host's environment.</summary>
    protected PlainProcess Start(WorkerCommand command, string directory)
    {
        ProcessStartInfo start = new(command.File, command.Arguments)
        {
            WorkingDirectory = directory,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment.Clear();
        foreach ((string variable, string value) in place.Environment.Concat(command.Environment))
        {
            start.Environment[variable] = value;
        }

        PlainProcess process = new(Process.Start(start)!);
        process.Input.Close();
        Track(process);
        return process;
    }

    protected Task RunAfterwardsAsync(LeakProbe probe) =>
        probe.AfterwardsScript is { } script ? RunAtHostAsync(script) : Task.CompletedTask;

    /// <summary>Lets the probe try. Whatever of it still runs then, or when it is cancelled, is ended.</summary>
    protected async Task TryAsync(LeakProbe probe, CancellationToken cancellationToken)
    {
        BothStarted = true;
        try
        {
            await probe.TryAsync(this).WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            foreach (IWorkerProcess process in _running)
            {
                await process.DisposeAsync().ConfigureAwait(false);
            }
        }
    }
}
