using System.Diagnostics;
using System.Text.Json;
using Isolation.Sdk.Tests.Host;

namespace Isolation.Sdk.Tests.Stress;

/// <summary>The host program, running. It answers one request after the other.</summary>
internal sealed class HostProcess : IAsyncDisposable
{
    // SIGKILL, as a parent sees it.
    private const int Killed = 128 + 9;
    private readonly Process _process;
    private readonly Task<string> _error;

    private HostProcess(Process process)
    {
        _process = process;
        _error = process.StandardError.ReadToEndAsync();
    }

    public int Id => _process.Id;

    public bool HasExited => _process.HasExited;

    public static string Program { get; } =
        AppContext.BaseDirectory.Replace("Isolation.Sdk.Tests/", "Isolation.Sdk.Tests.Host/", StringComparison.Ordinal)
        + "Isolation.Sdk.Tests.Host.dll";

    /// <summary>The dotnet that runs these tests, by its full path: a test may take PATH away.</summary>
    public static string Dotnet { get; } =
        Environment.ProcessPath is { } me && Path.GetFileNameWithoutExtension(me) == "dotnet"
            ? me
            : (Environment.GetEnvironmentVariable("PATH") ?? "")
                .Split(Path.PathSeparator)
                .Select(f => Path.Combine(f, "dotnet"))
                .First(File.Exists);

    /// <summary>Starts it.</summary>
    /// <param name="environment">What differs from the environment of the tests; <see langword="null"/> removes a
    /// variable.</param>
    /// <param name="through">A program, with arguments, that starts it in turn, such as setpriv.</param>
    public static HostProcess Start(IReadOnlyDictionary<string, string?>? environment = null, params string[] through)
    {
        string[] command = [.. through, Dotnet, Program];
        ProcessStartInfo start = new(command[0], command[1..])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = "/",
        };
        foreach ((string name, string? value) in environment ?? new Dictionary<string, string?>())
        {
            start.Environment[name] = value;
        }

        return new HostProcess(Process.Start(start)!);
    }

    /// <summary>The processes that work in a folder or below it.</summary>
    public static string[] Below(string folder) =>
        [
            .. Directory
                .GetDirectories("/proc")
                .Where(d => int.TryParse(Path.GetFileName(d), out _))
                .Select(d => (d, Directory: LinkOf(Path.Combine(d, "cwd"))))
                .Where(p => p.Directory?.StartsWith(folder + "/", StringComparison.Ordinal) == true)
                .Select(p => $"{p.d} in {p.Directory}"),
        ];

    public static async Task<HostAnswer> AskOnceAsync(
        HostRequest request,
        IReadOnlyDictionary<string, string?>? environment = null,
        params string[] through
    )
    {
        await using HostProcess host = Start(environment, through);
        return await host.AskAsync(request);
    }

    public async Task<HostAnswer> AskAsync(HostRequest request)
    {
        await SendAsync(request);
        return await ReadAsync();
    }

    public async Task SendAsync(HostRequest request)
    {
        await _process.StandardInput.WriteLineAsync(JsonSerializer.Serialize(request, JsonSerializerOptions.Web));
        await _process.StandardInput.FlushAsync();
    }

    public async Task<HostAnswer> ReadAsync()
    {
        string line = await _process.StandardOutput.ReadLineAsync()
            ?? throw new InvalidOperationException($"The host program ended: {await _error}");
        HostAnswer answer = JsonSerializer.Deserialize<HostAnswer>(line, JsonSerializerOptions.Web)!;
        return answer.Crash is null
            ? answer
            : throw new InvalidOperationException(
                $"The host program met an exception that is no fault: {answer.Crash}"
            );
    }

    /// <summary>Waits until it has killed itself.</summary>
    /// <returns><see langword="null"/>; its answer if it lived on.</returns>
    public async Task<HostAnswer?> WaitUntilKilledAsync()
    {
        if (await _process.StandardOutput.ReadLineAsync() is { } line)
        {
            return JsonSerializer.Deserialize<HostAnswer>(line, JsonSerializerOptions.Web);
        }

        await _process.WaitForExitAsync();
        return _process.ExitCode == Killed
            ? null
            : throw new InvalidOperationException($"The host program ended with {_process.ExitCode}: {await _error}");
    }

    /// <summary>Waits for the scripts that it was running when it died: they hold its standard error.</summary>
    public Task DrainErrorAsync() => _error;

    /// <summary>Kills it as a crash would, and nothing that it started.</summary>
    public async Task KillAsync()
    {
        _process.Kill(entireProcessTree: false);
        await _process.WaitForExitAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.StandardInput.Close();
            using CancellationTokenSource patience = new(TimeSpan.FromSeconds(10));
            try
            {
                await _process.WaitForExitAsync(patience.Token);
            }
            catch (OperationCanceledException)
            {
                await KillAsync();
            }
        }

        _process.Dispose();
    }

    private static string? LinkOf(string path)
    {
        try
        {
            return new FileInfo(path).LinkTarget;
        }
        catch (IOException)
        {
            return null; // It has ended.
        }
    }
}
