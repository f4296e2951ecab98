using System.Diagnostics;
using Isolation.Sdk.Platform;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace Isolation.Sdk.Tests.Sandbox;

/// <summary>A host program of its own that uses the library from outside: with another user, another environment, or to
/// be killed.</summary>
internal sealed class TestHost : IDisposable
{
    private const string Usings =
        "using System; using System.IO; using System.Linq; using System.Collections.Generic; using "
        + "System.Threading; using System.Threading.Tasks; using Isolation.Sdk; using Isolation.Sdk.Sandbox; "
        + "using Isolation.Sdk.Leases;";

    public TestHost(string program)
    {
        Folder = Directory.CreateTempSubdirectory("iso-host-").FullName;
        string library = typeof(IsolationException).Assembly.Location;
        MetadataReference[] references =
        [
            .. ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!)
                .Split(Path.PathSeparator)
                .Where(p => p.EndsWith(".dll", StringComparison.Ordinal))
                .Select(p => MetadataReference.CreateFromFile(p)),
        ];
        CSharpCompilation compiled = CSharpCompilation.Create(
            "host",
            [CSharpSyntaxTree.ParseText(Usings + program)],
            references,
            new CSharpCompilationOptions(OutputKind.ConsoleApplication)
        );
        Microsoft.CodeAnalysis.Emit.EmitResult emitted = compiled.Emit(Path.Combine(Folder, "host.dll"));
        Assert.True(emitted.Success, string.Join("\n", emitted.Diagnostics));
        foreach (
            string dll in Directory
                .EnumerateFiles(Path.GetDirectoryName(library)!, "*.dll")
                .Where(f =>
                    Path.GetFileName(f).StartsWith("Isolation.Sdk.", StringComparison.Ordinal)
                    || Path.GetFileName(f).StartsWith("Microsoft.Extensions", StringComparison.Ordinal)
                    || Path.GetFileName(f).StartsWith("Polly", StringComparison.Ordinal)
                )
        )
        {
            File.Copy(dll, Path.Combine(Folder, Path.GetFileName(dll)));
        }

        File.WriteAllText(
            Path.Combine(Folder, "host.runtimeconfig.json"),
            $$"""{ "runtimeOptions": { "tfm": "net10.0", "framework": { "name": "Microsoft.NETCore.App", "version": "10.0.0" }, "configProperties": { "System.Globalization.Invariant": true } } }"""
        );
        Work = Directory.CreateDirectory(Path.Combine(Folder, "work")).FullName;
        Temp = Directory.CreateDirectory(Path.Combine(Folder, "tmp")).FullName;
        Open(Folder, "755");
        Open(Work, "777");
        Open(Temp, "777");
    }

    public string Folder { get; }

    /// <summary>A directory that any user may write to; the host's first argument.</summary>
    public string Work { get; }

    /// <summary>The host's TMPDIR.</summary>
    public string Temp { get; }

    /// <summary>Starts it: with these words before it, and with nothing but these variables.</summary>
    public Process Start(IReadOnlyList<string> before, IReadOnlyDictionary<string, string>? environment = null)
    {
        string[] line = [.. before, "dotnet", Path.Combine(Folder, "host.dll"), Work];
        ProcessStartInfo start = new(line[0], line.Skip(1))
        {
            WorkingDirectory = Folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
        };
        start.Environment.Clear();
        start.Environment["PATH"] = Environment.GetEnvironmentVariable("PATH");
        start.Environment["HOME"] = Work;
        start.Environment["TMPDIR"] = Temp;
        start.Environment["DOTNET_EnableDiagnostics"] = "0";
        foreach ((string name, string value) in environment ?? new Dictionary<string, string>())
        {
            start.Environment[name] = value;
        }

        return Process.Start(start)!;
    }

    /// <summary>Runs it to its end.</summary>
    public async Task<string> RunAsync(
        IReadOnlyList<string> before,
        IReadOnlyDictionary<string, string>? environment = null
    )
    {
        using Process process = Start(before, environment);
        process.StandardInput.Close();
        Task<string> error = process.StandardError.ReadToEndAsync();
        string output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.True(process.ExitCode == 0, $"{process.ExitCode}: {output}{await error}");
        return output.TrimEnd('\n');
    }

    public void Dispose() => SafeDelete.DeleteTree(Folder);

    private static void Open(string path, string mode)
    {
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(path, (UnixFileMode)Convert.ToInt32(mode, 8));
        }
    }
}
