using System.Text.Json;

namespace Quickstart;

/// <summary>What one worker process does: says its phases, edits files in its own directory, commits. Any program or
/// script could do the same.</summary>
internal static class DemoWorker
{
    // A worker that thinks: long enough for people to see what goes on.
    private static readonly TimeSpan Thought = TimeSpan.FromSeconds(1);

    private static readonly Dictionary<string, (string File, string Old, string New)[]> Edits = new(
        StringComparer.Ordinal
    )
    {
        ["rounding"] =
        [
            ("shop/Price.cs", "net * 1.20m;", "decimal.Round(net * 1.20m, 2);"),
            Check("Rounding", "Prices_have_whole_cents() => Price.WithTax(0.99m) == 1.19m"),
        ],
        ["tax-rate"] =
        [
            ("shop/Price.cs", "net * 1.20m;", "net * 1.25m;"),
            Check("TaxRate", "Tax_is_a_quarter() => Price.WithTax(100m) == 125m"),
        ],
        ["cart-total"] =
        [
            (
                "shop/Cart.cs",
                "_prices.Add(price);",
                "_prices.Add(price);\n\n    public decimal Total => _prices.Sum();"
            ),
            Check("Cart", "An_empty_cart_costs_nothing() => new Cart().Total == 0m"),
        ],
        ["receipt"] =
        [
            (
                "shop/Receipt.cs",
                "",
                "namespace Shop;\n\npublic static class Receipt\n{\n    public static string Of(Cart cart) "
                    + "=> $\"Total: {cart.Total:0.00}\";\n}\n"
            ),
            Check("Receipt", "A_receipt_says_the_total() => Receipt.Of(new Cart()) == \"Total: 0.00\""),
        ],
    };

    /// <summary>The command that starts a worker: this very program, whichever way it was started itself.</summary>
    public static (string File, string[] Arguments) Command(DemoFault fault)
    {
        string[] arguments =
        [
            "--worker",
            "{item}",
            .. fault == DemoFault.None ? Array.Empty<string>() : ["--demo-fault", fault.ToString().ToLowerInvariant()],
        ];
        string program = Environment.ProcessPath ?? throw new InvalidOperationException("This process has no path.");
        return Path.GetFileNameWithoutExtension(program).Equals("dotnet", StringComparison.OrdinalIgnoreCase)
            ? (program, [typeof(DemoWorker).Assembly.Location, .. arguments])
            : (program, arguments);
    }

    public static async Task<int> RunAsync(string item, DemoFault fault, CancellationToken cancellationToken)
    {
        if (!Edits.TryGetValue(item, out (string File, string Old, string New)[]? edits))
        {
            await Console.Error.WriteLineAsync($"No such item: {item}");
            return DemoOptions.Misused;
        }

        string workspace = Directory.GetCurrentDirectory();
        await SayAsync(new { phase = "research" });
        await Task.Delay(Thought, cancellationToken);
        await SayAsync(new { phase = "implement" });
        foreach ((string file, string old, string @new) in edits)
        {
            await EditAsync(Path.Combine(workspace, file), old, @new, cancellationToken);
        }

        await Task.Delay(Thought * 2, cancellationToken);
        if (fault == DemoFault.Canonical && item == "rounding")
        {
            await TouchCanonicalAsync(workspace, cancellationToken);
        }

        await SayAsync(new { phase = "validate" });
        await Git.AsWorkerAsync(workspace, cancellationToken, "add", "-A");
        await Git.AsWorkerAsync(workspace, cancellationToken, "diff", "--cached", "--check");
        await Git.AsWorkerAsync(workspace, cancellationToken, "commit", "-q", "-m", $"Work on {item}");
        await Task.Delay(Thought, cancellationToken);
        await SayAsync(new { handoff = $"Changed {string.Join(", ", edits.Select(e => e.File))}." });
        return 0;
    }

    /// <summary>One line of JSON in the events file; see docs/reference/runner-protocol.md.</summary>
    private static async Task SayAsync(object line)
    {
        if (Environment.GetEnvironmentVariable("ISOLATION_EVENTS") is { Length: > 0 } events)
        {
            await File.AppendAllTextAsync(events, JsonSerializer.Serialize(line) + "\n");
        }
    }

    private static async Task EditAsync(string path, string old, string @new, CancellationToken cancellationToken)
    {
        string text = File.Exists(path) ? await File.ReadAllTextAsync(path, cancellationToken) : "";
        if (!text.Contains(old, StringComparison.Ordinal))
        {
            throw new InvalidOperationException($"{path} is not what this worker expects.");
        }

        await File.WriteAllTextAsync(
            path,
            old.Length == 0 ? @new : text.Replace(old, @new, StringComparison.Ordinal),
            cancellationToken
        );
    }

    private static async Task TouchCanonicalAsync(string workspace, CancellationToken cancellationToken)
    {
        string common = await Git.AsWorkerAsync(
            workspace,
            cancellationToken,
            "rev-parse",
            "--path-format=absolute",
            "--git-common-dir"
        );
        await File.AppendAllTextAsync(
            Path.Combine(Path.GetDirectoryName(common)!, "README.md"),
            "A worker was here.\n",
            cancellationToken
        );
    }

    private static (string File, string Old, string New) Check(string name, string check) =>
        (
            $"checks/{name}Checks.cs",
            "",
            $"using Shop;\n\npublic static class {name}Checks\n{{\n    public static bool {check};\n}}\n"
        );
}
