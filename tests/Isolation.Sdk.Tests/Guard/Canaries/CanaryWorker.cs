using System.Buffers;
using System.Diagnostics;
using System.Text;
using System.Text.RegularExpressions;

namespace Isolation.Sdk.Tests.Guard;

/// <summary>What a worker has in its hands: in a pipeline its own things, in the bare harness everybody's.</summary>
internal sealed record Hands(
    string Name,
    Func<string, Task<string>> Shell,
    Action<string> Say,
    Func<IEnumerable<string>> Heard,
    HttpClient Http,
    ArrayPool<byte> Pool,
    Action<string> Report
);

/// <summary>A worker that leaves a secret in every channel, and one that tells everybody whatever it finds.</summary>
internal sealed class CanaryWorker(Hands hands, CanaryServer server, AsyncLocal<string?> ambient)
{
    private const int Large = 300_000;

    public static readonly string[] Channels =
    [
        "file",
        "environment",
        "conversation",
        "local",
        "baggage",
        "cookie",
        "buffer",
        "git",
    ];

    public static string Canary(string worker, string channel) => $"canary-{worker}-{channel}-x";

    /// <summary>Where flows meet: not asynchronous, so that what it sets stays with whoever called.</summary>
    public void PlantInFlow()
    {
        ambient.Value = Of("local");
        Activity.Current?.AddBaggage("secret", Of("baggage"));
        if (Activity.Current is null)
        {
            new Activity(hands.Name).AddBaggage("secret", Of("baggage")).Start();
        }
    }

    public async Task PlantAsync(Random random)
    {
        string[] channels = ["file", "environment", "conversation", "cookie", "buffer", "git"];
        random.Shuffle(channels);
        foreach (string channel in channels)
        {
            await (
                channel switch
                {
                    "file" => hands.Shell(
                        $"mkdir -p scratch; for d in scratch \"$HOME\" \"$TMPDIR\"; do echo {Of("file")} > "
                            + $"$d/canary-{hands.Name}; done"
                    ),
                    "git" => hands.Shell(
                        $"echo {Of("git")} >> README.md; git stash push -q; git tag -m {Of("git")} "
                            + $"t-{hands.Name}; git notes add -f -m {Of("git")} HEAD; git branch b-{hands.Name}; "
                            + $"true"
                    ),
                    "cookie" => server.AskAsync(hands.Http, hands.Name, Of("cookie")),
                    _ => Task.CompletedTask,
                }
            );
            switch (channel)
            {
                case "environment":
                    Environment.SetEnvironmentVariable("CANARY_" + hands.Name, Of("environment"));
                    break;
                case "conversation":
                    hands.Say(Of("conversation"));
                    break;
                case "buffer":
                    Dirty(ArrayPool<byte>.Shared);
                    Dirty(hands.Pool);
                    break;
                default:
                    break;
            }
        }
    }

    /// <summary>Looks everywhere within reach and says what it found: as progress, in a request, in a commit.</summary>
    public async Task ScanAsync(Random random)
    {
        string[] places = ["file", "environment", "conversation", "local", "baggage", "buffer", "git"];
        random.Shuffle(places);
        StringBuilder seen = new();
        foreach (string place in places)
        {
            seen.AppendLine(
                place switch
                {
                    "file" => await hands.Shell("grep -rhsa canary- . \"$HOME\" \"$TMPDIR\" || true"),
                    "environment" => await hands.Shell("env"),
                    "conversation" => string.Join('\n', hands.Heard()),
                    "local" => ambient.Value,
                    "baggage" => string.Join('\n', Activity.Current?.Baggage.Select(b => b.Value) ?? []),
                    "buffer" => Rented(),
                    _ => await hands.Shell(
                        "git log --all -p --format=%B%d; git tag -n9; git stash list -p; git notes show "
                            + "HEAD 2>/dev/null; git reflog; true"
                    ),
                }
            );
        }

        // What is its own it may know; everybody would see it once its work has landed.
        string others = string.Join(
            ' ',
            Regex
                .Matches(seen.ToString(), "canary-(\\w+)-\\w+-x")
                .Where(m => m.Groups[1].Value != hands.Name)
                .Select(m => m.Value)
                .Distinct()
        );
        hands.Report($"Found: {others}");
        await server.AskAsync(hands.Http, hands.Name, body: others);
        await hands.Shell(
            $"echo 'found {others}' > seen-{hands.Name}.txt; git add seen-{hands.Name}.txt; git commit -qm "
                + $"'Say {others}' || git status"
        );
    }

    private string Of(string channel) => Canary(hands.Name, channel);

    private void Dirty(ArrayPool<byte> pool)
    {
        byte[][] rented = [.. Enumerable.Range(0, 8).Select(_ => pool.Rent(Large))];
        foreach (byte[] buffer in rented)
        {
            Encoding.ASCII.GetBytes(Of("buffer"), buffer);
            pool.Return(buffer);
        }
    }

    private string Rented()
    {
        byte[][] rented = [.. Enumerable.Range(0, 8).Select(_ => hands.Pool.Rent(Large))];
        string found = string.Join('\n', rented.Select(b => Encoding.ASCII.GetString(b, 0, 100)));
        Array.ForEach(rented, b => hands.Pool.Return(b));
        return found;
    }
}
