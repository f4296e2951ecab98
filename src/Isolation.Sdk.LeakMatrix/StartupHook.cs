using Isolation.Sdk;
using Isolation.Sdk.Leaks;

/// <summary>What an <see cref="SeparateProcess"/> runs instead of its application. The runtime looks for it by this
/// name, in no namespace, and only where it is told to.</summary>
#pragma warning disable MA0047 // The runtime looks for it in no namespace.
internal static class StartupHook
#pragma warning restore MA0047
{
    public static void Initialize()
    {
        if (
            Environment.GetEnvironmentVariable(SeparateProcess.RowVariable) is not { } id
            || Environment.GetEnvironmentVariable(SeparateProcess.AnswerVariable) is not { } answer
        )
        {
            return;
        }

        new Thread(EndWithParent) { IsBackground = true }.UnsafeStart();
        LeakSetup? setup = Environment.GetEnvironmentVariable(SeparateProcess.LevelVariable) is { Length: > 0 } level
            ? new LeakSetup(
                Enum.Parse<SandboxLevel>(level),
                Enum.Parse<LeakMechanisms>(Environment.GetEnvironmentVariable(SeparateProcess.WithoutVariable)!)
            )
            : null;
        File.WriteAllLines(answer, Try(LeakMatrix.Rows.Single(row => row.Id == id), setup));
        Environment.Exit(0);
    }

    private static string[] Try(LeakRow row, LeakSetup? setup)
    {
        try
        {
            LeakObservation seen = LeakMatrix.TryHereAsync(row, setup, CancellationToken.None).GetAwaiter().GetResult();
            return [seen.Observed.ToString(), seen.Evidence];
        }
        catch (Exception e)
        {
            // Without a message of the runtime's about an application that it knows nothing of.
            return [nameof(LeakOutcome.NotTried), e.ToString()];
        }
    }

    // Nothing is ever written to it: it ends with the process that holds the other end.
    private static void EndWithParent()
    {
#pragma warning disable RS0030 // This process is nobody's host.
        using Stream input = Console.OpenStandardInput();
#pragma warning restore RS0030
        input.CopyTo(Stream.Null);
        Environment.Exit(1);
    }
}
