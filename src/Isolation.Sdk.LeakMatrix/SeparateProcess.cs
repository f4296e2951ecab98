using System.Diagnostics;
using System.Reflection;
using System.Runtime.CompilerServices;

namespace Isolation.Sdk.Leaks;

/// <summary>Tries a channel in a process of its own: this application once more, where <see cref="StartupHook"/> runs
/// instead of it, in an environment from nothing.</summary>
internal static class SeparateProcess
{
    public const string RowVariable = "ISOLATION_LEAK_ROW";
    public const string LevelVariable = "ISOLATION_LEAK_LEVEL";
    public const string WithoutVariable = "ISOLATION_LEAK_WITHOUT";
    public const string AnswerVariable = "ISOLATION_LEAK_ANSWER";

    private const string RunsOn = ".runtimeconfig.json";

    /// <exception cref="NotSupportedException">This application cannot be started in that way.</exception>
    public static async Task<LeakObservation> TryAsync(
        LeakRow row,
        LeakSetup? setup,
        CancellationToken cancellationToken
    )
    {
        ThrowawayRepository place = await ThrowawayRepository.CreateAsync(cancellationToken).ConfigureAwait(false);
        await using (place.ConfigureAwait(false))
        {
            return await TryInAsync(row, setup, place.Root, cancellationToken).ConfigureAwait(false);
        }
    }

    private static async Task<LeakObservation> TryInAsync(
        LeakRow row,
        LeakSetup? setup,
        string folder,
        CancellationToken cancellationToken
    )
    {
        string answer = Path.Combine(folder, "answer");
        ProcessStartInfo start = Again(folder);
        (string, string)[] asked =
        [
            (RowVariable, row.Id),
            (LevelVariable, setup?.Level.ToString() ?? ""),
            (WithoutVariable, setup?.Disabled.ToString() ?? ""),
            (AnswerVariable, answer),
        ];
        foreach ((string name, string value) in asked.Concat(row.Probe.Variables))
        {
            start.Environment[name] = value;
        }

        using Process process = Process.Start(start)!;
        try
        {
            Task<string> said = process.StandardOutput.ReadToEndAsync(cancellationToken),
                complained = process.StandardError.ReadToEndAsync(cancellationToken);
            await process.WaitForExitAsync(cancellationToken).ConfigureAwait(false);
            await said.ConfigureAwait(false);
            return Judge(row, setup?.Level, process.ExitCode, answer, await complained.ConfigureAwait(false));
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill(entireProcessTree: true);
                await process.WaitForExitAsync(CancellationToken.None).ConfigureAwait(false);
            }
        }
    }

    private static LeakObservation Judge(LeakRow row, SandboxLevel? level, int code, string answer, string complaint)
    {
        if (code == 0 && File.Exists(answer) && File.ReadAllLines(answer) is [string sight, .. string[] evidence])
        {
            return new LeakObservation(row, level, Enum.Parse<LeakOutcome>(sight), string.Join(' ', evidence));
        }

        return code == row.Probe.ExpectedExitCode
            ? new LeakObservation(row, level, LeakOutcome.Leak, $"the process ended with {code}, and B with it")
            : new LeakObservation(
                row,
                level,
                LeakOutcome.NotTried,
                $"The process that tried it ended with {code}. {complaint.Trim().Split('\n')[0]}"
            );
    }

    private static ProcessStartInfo Again(string folder)
    {
        (string program, string[] arguments) = Itself();
        ProcessStartInfo start = new(program, arguments)
        {
            WorkingDirectory = folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (
            string name in start
                .Environment.Keys.Where(name =>
                    name is not ("PATH" or "Path" or "LANG" or "SystemRoot")
                    && !name.StartsWith("DOTNET_ROOT", StringComparison.Ordinal)
                )
                .ToArray()
        )
        {
            start.Environment.Remove(name);
        }

        foreach (string name in new[] { "HOME", "USERPROFILE", "TMPDIR", "TMP", "TEMP" })
        {
            start.Environment[name] = folder;
        }

        start.Environment["DOTNET_EnableDiagnostics"] = "0";
        start.Environment["DOTNET_STARTUP_HOOKS"] = typeof(StartupHook).Assembly.GetName().Name;
        return start;
    }

    // Only what is known to be a .NET application: another program would run as itself, and do who knows what.
    private static (string Program, string[] Arguments) Itself()
    {
        string program = Environment.ProcessPath ?? "",
            name = Path.GetFileNameWithoutExtension(program);
        Assembly? application = Assembly.GetEntryAssembly();
        bool takesHooks =
            RuntimeFeature.IsDynamicCodeSupported
            && (!AppContext.TryGetSwitch("System.StartupHookProvider.IsSupported", out bool on) || on);
        if (
            takesHooks
            && application is { Location: { Length: > 0 } location }
            && name.Equals("dotnet", StringComparison.OrdinalIgnoreCase)
            && AppContext.GetData("APP_CONTEXT_DEPS_FILES") is string files
        )
        {
            // A host of tests has no files of its own: it is started with those of the tests.
            string dependencies = files.Split(';')[0];
            return File.Exists(Path.ChangeExtension(location, RunsOn))
                ? (program, ["exec", location])
                : (
                    program,
                    [
                        "exec",
                        "--runtimeconfig",
                        dependencies.Replace(".deps.json", RunsOn, StringComparison.Ordinal),
                        "--depsfile",
                        dependencies,
                        location,
                    ]
                );
        }

        return
            takesHooks
            && name.Length > 0
            && name.Equals(application?.GetName().Name, StringComparison.OrdinalIgnoreCase)
            ? (program, [])
            : throw new NotSupportedException(
                $"It needs a process of its own, and '{program}' cannot be started once more as one."
            );
    }
}
