using System.Runtime.CompilerServices;

namespace Isolation.Sdk.Testing;

/// <summary>Every known channel between two workers on one machine, tried for real: what leaks between plain worktrees, and what each level makes of it.</summary>
/// <remarks>Each probe has a throwaway repository, two workers and a home of its own: it reads and changes nothing of the user's, and its processes end with it.</remarks>
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
        SealLevel? level,
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
        SealLevel? level,
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
        SealLevel? level = setup?.Level;
        if (row.Probe.Needs.FirstOrDefault(tool => !IsInstalled(tool)) is { } missing)
        {
            return new LeakObservation(row, level, LeakSight.NotTried, $"{missing} is not installed");
        }

        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(Limit);
        try
        {
            return row.Probe.Apart
                ? await ApartProcess.TryAsync(row, setup, limit.Token).ConfigureAwait(false)
                : await TryHereAsync(row, setup, limit.Token).ConfigureAwait(false);
        }
        catch (NotSupportedException e)
        {
            return new LeakObservation(row, level, LeakSight.NotTried, e.Message);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return new LeakObservation(row, level, LeakSight.NotTried, $"It took longer than {Limit}.");
        }
    }

    /// <summary>The same in this process, whatever it does to it.</summary>
    internal static async Task<LeakObservation> TryHereAsync(
        LeakRow row,
        LeakSetup? setup,
        CancellationToken cancellationToken
    )
    {
        SealLevel? level = setup?.Level;
        LeakPlace place = await LeakPlace.CreateAsync(cancellationToken).ConfigureAwait(false);
        await using (place.ConfigureAwait(false))
        {
            LeakStage stage =
                row.Probe is InProcessProbe ? new InProcessStage(place, setup)
                : setup is null ? new PlainStage(place)
                : new PipelineStage(place, setup);
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
                    stage.BothThere ? LeakSight.NotTried : LeakSight.Refused,
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

    private static LeakSight Judge(LeakStage stage) =>
        stage switch
        {
            { Leaks: true, Findings.Count: > 0 } => LeakSight.Detected,
            { Leaks: true } => LeakSight.Leak,
            { Tried: true } => LeakSight.Sealed,
            _ => LeakSight.NotTried,
        };

    private static bool IsInstalled(string tool) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "")
            .Split(Path.PathSeparator)
            .Any(folder => File.Exists(Path.Combine(folder, tool)));
}
