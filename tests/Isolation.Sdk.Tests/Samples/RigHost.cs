using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Isolation.Sdk.Testing;
using Isolation.Sdk.Tests.Infrastructure;

namespace Isolation.Sdk.Tests.Samples;

/// <summary>The built rig, run as the program that it is on a throwaway repository.</summary>
internal sealed class RigHost : IAsyncDisposable
{
    public const string Target = "isolation/main";

    private RigHost(ThrowawayRepository repository) => Repository = repository;

    public ThrowawayRepository Repository { get; }

    public string Workers => Repository.Path + ".workers";

    /// <summary>A worker that waits reads from here; writing to it lets it go on.</summary>
    public string Gate => Path.Combine(Repository.Root, "gate");

    private static string Program =>
        Project.At(
            "samples",
            "Rig",
            "bin",
            new DirectoryInfo(AppContext.BaseDirectory).Parent!.Name,
            "net10.0",
            "rig.dll"
        );

    public static async Task<RigHost> CreateAsync(string items, string script = "")
    {
        RigHost host = new(await ThrowawayRepository.CreateAsync());
        await File.WriteAllTextAsync(host.At("items.json"), items);
        await File.WriteAllTextAsync(
            host.At("work.sh"),
            $"set -eu\nGATE='{host.Gate}'\nphase() {{ echo \"{{\\\"phase\\\":\\\"$1\\\"}}\" >> "
                + $"\"$ISOLATION_EVENTS\"; }}\n{script}\n"
        );
        using Process mkfifo = Process.Start("mkfifo", [host.Gate]);
        await mkfifo.WaitForExitAsync();
        return host;
    }

    public string At(string name) => Path.Combine(Repository.Root, name);

    /// <summary>The arguments of a run of the script, which is given the item's id.</summary>
    public string[] RunArguments(params string[] options) =>
        [
            "run",
            "--repo",
            Repository.Path,
            "--items",
            At("items.json"),
            "--attempts",
            "1",
            .. options,
            "--",
            "sh",
            At("work.sh"),
            "{item}",
        ];

    public Task<RigOutput> RunAsync(params string[] options) => CallAsync(RunArguments(options));

    public async Task<RigOutput> CallAsync(params string[] arguments)
    {
        using RigProcess process = Start(arguments);
        return await process.EndAsync();
    }

    public Task<RigOutput> OnRepositoryAsync(string command, params string[] arguments) =>
        CallAsync([command, .. arguments, "--repo", Repository.Path]);

    public async Task<JsonElement> JsonAsync(string command, params string[] arguments)
    {
        RigOutput output = await OnRepositoryAsync(command, [.. arguments, "--json"]);
        Assert.Equal("", output.Error);
        return JsonDocument.Parse(output.Output).RootElement;
    }

    public RigProcess Start(params string[] arguments) => new(["exec", Program, .. arguments]);

    /// <summary>Starts it with a temp folder of its own.</summary>
    public static RigProcess StartIn(string temp, params string[] arguments) =>
        new(["exec", Program, .. arguments], temp);

    public void Open() => File.WriteAllText(Gate, "go\n");

    public ValueTask DisposeAsync() => Repository.DisposeAsync();
}

/// <summary>What a call of rig said.</summary>
internal sealed record RigOutput(int ExitCode, string Output, string Error);

/// <summary>A rig under way.</summary>
internal sealed class RigProcess : IDisposable
{
    private readonly Process _process;
    private readonly Task<string> _error;
    private readonly List<string> _lines = [];

    public RigProcess(string[] arguments, string? temp = null)
    {
        string[] command = [.. Tools.Interruptibly, "dotnet", .. arguments];
        ProcessStartInfo start = new(command[0], command[1..])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
        };
        if (temp is not null)
        {
            start.Environment["TMPDIR"] = temp;
        }

        _process = Process.Start(start)!;
        _process.StandardInput.Close();
        _error = _process.StandardError.ReadToEndAsync();
    }

    /// <summary>Reads output until each of these was said.</summary>
    public async Task WaitForAsync(params string[] said)
    {
        while (!said.All(s => _lines.Any(l => l.Contains(s, StringComparison.Ordinal))))
        {
            _lines.Add(
                await _process.StandardOutput.ReadLineAsync()
                    ?? throw new InvalidOperationException(
                        $"It ended without saying '{string.Join("', '", said)}':\n"
                            + $"{string.Join('\n', _lines)}\n{await _error}"
                    )
            );
        }
    }

    public void Kill() => _process.Kill();

    public async Task InterruptAsync()
    {
        using Process kill = Process.Start("kill", ["-INT", _process.Id.ToString(CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync();
    }

    public async Task<RigOutput> EndAsync()
    {
        string rest = await _process.StandardOutput.ReadToEndAsync();
        await _process.WaitForExitAsync();
        return new RigOutput(_process.ExitCode, string.Join('\n', [.. _lines, rest]), await _error);
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
        }

        _process.Dispose();
    }
}
