using System.Runtime.CompilerServices;

namespace Isolation.Sdk.Leaks;

/// <summary>Every known channel between two workers on one machine, tried for real: what leaks between plain worktrees,
/// and what each level makes of it.</summary>
/// <remarks>Each probe has a throwaway repository, two workers and a home of its own: it reads and changes nothing of
/// the user's, and its processes end with it.</remarks>
public static class LeakMatrix
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    /// <summary>The channels, in the order of their ids.</summary>
    public static IReadOnlyList<LeakRow> Rows { get; } =
    [.. GitRows.All, .. FileRows.All, .. ProcessRows.All, .. ToolchainRows.All, .. InProcessRows.All];

    /// <summary>Tries every channel, one after the other.</summary>
    /// <param name="level">The level; <see langword="null"/> for plain processes in plain worktrees.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public static async IAsyncEnumerable<LeakObservation> RunAsync(
        SandboxLevel? level,
        [EnumeratorCancellation] CancellationToken cancellationToken = default
    )
    {
        foreach (LeakRow row in Rows)
        {
            yield return await TryAsync(row, level, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Tries one channel.</summary>
    /// <param name="row">The channel.</param>
    /// <param name="level">The level; <see langword="null"/> for plain processes in plain worktrees.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public static Task<LeakObservation> TryAsync(
        LeakRow row,
        SandboxLevel? level,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(row);
        return TryAsync(row, level is { } given ? new LeakSetup(given) : null, cancellationToken);
    }

    internal static async Task<LeakObservation> TryAsync(
        LeakRow row,
        LeakSetup? setup,
        CancellationToken cancellationToken
    )
    {
        SandboxLevel? level = setup?.Level;
        if (row.Probe.Needs.FirstOrDefault(tool => !IsInstalled(tool)) is { } missing)
        {
            return new LeakObservation(row, level, LeakOutcome.NotTried, $"{missing} is not installed");
        }

        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(Limit);
        try
        {
            return row.Probe.NeedsOwnProcess
                ? await SeparateProcess.TryAsync(row, setup, limit.Token).ConfigureAwait(false)
                : await TryHereAsync(row, setup, limit.Token).ConfigureAwait(false);
        }
        catch (NotSupportedException e)
        {
            return new LeakObservation(row, level, LeakOutcome.NotTried, e.Message);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return new LeakObservation(row, level, LeakOutcome.NotTried, $"It took longer than {Limit}.");
        }
    }

    /// <summary>The same in this process, whatever it does to it.</summary>
    internal static async Task<LeakObservation> TryHereAsync(
        LeakRow row,
        LeakSetup? setup,
        CancellationToken cancellationToken
    )
    {
        SandboxLevel? level = setup?.Level;
        LeakFixture place = await LeakFixture.CreateAsync(cancellationToken).ConfigureAwait(false);
        await using (place.ConfigureAwait(false))
        {
            LeakScenario stage =
                row.Probe is InProcessProbe ? new InProcessScenario(place, setup)
                : setup is null ? new PlainScenario(place)
                : new PipelineScenario(place, setup);
            try
            {
                if (row.Probe.Prepare is { } prepare)
                {
                    await prepare(place).ConfigureAwait(false);
                }

                await stage.RunAsync(row.Probe, cancellationToken).ConfigureAwait(false);
            }
            catch (IsolationException e)
            {
                // What is refused is refused before anybody works; later it is the probe that does something wrong.
                return new LeakObservation(
                    row,
                    level,
                    stage.BothStarted ? LeakOutcome.NotTried : LeakOutcome.Refused,
                    e.Message
                );
            }

            return new LeakObservation(
                row,
                level,
                Judge(stage),
                stage is { Leaks: true, Findings: [string first, ..] } ? first : stage.Evidence
            );
        }
    }

    private static LeakOutcome Judge(LeakScenario stage) =>
        stage switch
        {
            { Leaks: true, Findings.Count: > 0 } => LeakOutcome.Detected,
            { Leaks: true } => LeakOutcome.Leak,
            { WasAttempted: true } => LeakOutcome.Sealed,
            _ => LeakOutcome.NotTried,
        };

    private static bool IsInstalled(string tool) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "")
            .Split(Path.PathSeparator)
            .Any(folder => File.Exists(Path.Combine(folder, tool)));
}
