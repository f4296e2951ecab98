using System.Diagnostics;
using System.Runtime.InteropServices;
using Isolation.Sdk.Platform;
using Isolation.Sdk.Tests.Infrastructure;

namespace Isolation.Sdk.Tests.Samples;

/// <summary>The built Quickstart, run as a program, with a temp folder of its own.</summary>
internal sealed partial class QuickstartProcess : IDisposable
{
    /// <param name="temp">The name of its temp folder.</param>
    public QuickstartProcess(string temp = "tmp")
    {
        Root = Directory.CreateTempSubdirectory("isolation-sample-").FullName;
        Temp = Directory.CreateDirectory(Path.Combine(Root, temp)).FullName;
        Home = Directory.CreateDirectory(Path.Combine(Root, "home")).FullName;
        Environment = System
            .Environment.GetEnvironmentVariables()
            .Cast<System.Collections.DictionaryEntry>()
            .ToDictionary(e => (string)e.Key, e => (string)e.Value!, StringComparer.Ordinal);
        Environment["TMPDIR"] = Temp;
        Command = [Dotnet, Path.Combine(Folder, "Quickstart.dll")];
    }

    /// <summary>The sample as these tests' build made it.</summary>
    public static string Folder { get; } =
        Path.Combine(
            Project.At("samples", "Quickstart", "bin"),
            new DirectoryInfo(AppContext.BaseDirectory).Parent!.Name,
            new DirectoryInfo(AppContext.BaseDirectory).Name
        );

    public string Root { get; }

    /// <summary>When it is killed; 3 minutes.</summary>
    public TimeSpan Limit { get; init; } = TimeSpan.FromMinutes(3);

    public string Temp { get; }

    public string Home { get; }

    /// <summary>The whole environment it gets.</summary>
    public Dictionary<string, string> Environment { get; private set; }

    public List<string> Command { get; }

    private static string Dotnet =>
        Path.Combine(
            Path.GetDirectoryName(RuntimeEnvironment.GetRuntimeDirectory().TrimEnd('/'))!,
            "..",
            "..",
            "dotnet"
        )
            is var path
        && File.Exists(path)
            ? Path.GetFullPath(path)
            : "dotnet";

    /// <summary>Begins its environment from nothing, as <c>env -i</c> does.</summary>
    public void ClearEnvironment() =>
        Environment = new(StringComparer.Ordinal) { ["PATH"] = Environment["PATH"], ["TMPDIR"] = Temp };

    public Process Start(params string[] arguments)
    {
        string[] command = [.. Tools.Interruptibly, .. Command, .. arguments];
        ProcessStartInfo start = new(command[0], command[1..])
        {
            WorkingDirectory = Root,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
        };
        start.Environment.Clear();
        foreach ((string name, string value) in Environment)
        {
            start.Environment[name] = value;
        }

        Process process = Process.Start(start)!;
        process.StandardInput.Close();
        return process;
    }

    public async Task<(int Code, string Output, string Error)> RunAsync(params string[] arguments)
    {
        using Process process = Start(arguments);
        return await EndAsync(process);
    }

    public async Task<(int Code, string Output, string Error)> EndAsync(Process process)
    {
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        Task<string> error = process.StandardError.ReadToEndAsync();
        using CancellationTokenSource limit = new(Limit);
        try
        {
            await process.WaitForExitAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            await process.WaitForExitAsync(CancellationToken.None);
        }

        return (process.ExitCode, await output, await error);
    }

    /// <summary>Runs it to its end: all promises kept, and nothing left.</summary>
    public async Task<string> SucceedAsync()
    {
        (int code, string output, string error) = await RunAsync();
        Assert.True(code == 0, output + error);
        Assert.Contains("5 of 5 promises kept", output, StringComparison.Ordinal);
        Assert.DoesNotContain('\e', output);
        Assert.Equal("", error);
        AssertNothingLeft();
        return output;
    }

    public void AssertNothingLeft()
    {
        Assert.DoesNotContain(Directory.EnumerateFileSystemEntries(Temp).Select(Path.GetFileName), n =>
            n!.Contains("isolation", StringComparison.OrdinalIgnoreCase)
        );
        Assert.Empty(Processes());
    }

    /// <summary>Sends the signal that Ctrl-C is.</summary>
    public static void Interrupt(Process process) => Assert.Equal(0, Kill(process.Id, 2));

    public void Dispose() => SafeDelete.DeleteTree(Root);

    /// <summary>What works in this sample's folders, by its directory.</summary>
    private IEnumerable<string> Processes() =>
        Directory
            .EnumerateDirectories("/proc")
            .Where(p => char.IsAsciiDigit(Path.GetFileName(p)[0]))
            .Select(p =>
            {
                try
                {
                    return new FileInfo(Path.Combine(p, "cwd")).LinkTarget;
                }
                catch (Exception e) when (e is IOException or UnauthorizedAccessException)
                {
                    return null; // It ended meanwhile, or is somebody else's.
                }
            })
            .OfType<string>()
            .Where(c => c.StartsWith(Temp + "/", StringComparison.Ordinal));

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Kill(int process, int signal);
}
