using System.Runtime.CompilerServices;

namespace Isolation.Sdk.Tests.Infrastructure;

/// <summary>Compares a text with the one in <c>Class.Method.verified.txt</c> beside the test, as Verify does: to
/// switch, let this call <c>Verifier.Verify</c>.</summary>
internal static class Snapshot
{
    public static async Task Verify(
        string text,
        [CallerFilePath] string sourceFile = "",
        [CallerMemberName] string method = ""
    )
    {
        string stem = Path.Combine(
            Path.GetDirectoryName(sourceFile)!,
            $"{Path.GetFileNameWithoutExtension(sourceFile)}.{method}"
        );
        string verified = stem + ".verified.txt";
        string received = stem + ".received.txt";
        string expected = File.Exists(verified) ? Normal(await File.ReadAllTextAsync(verified)) : "";
        string actual = Normal(text);
        if (string.Equals(expected, actual, StringComparison.Ordinal) && File.Exists(verified))
        {
            File.Delete(received);
            return;
        }

        await File.WriteAllTextAsync(received, actual + "\n");
        Assert.Fail(
            $"{Path.GetFileName(verified)} {(File.Exists(verified) ? "differs" : "is missing")}. If what "
                + $"was received is right: mv '{received}' '{verified}'\n{Difference(expected, actual)}"
        );
    }

    private static string Normal(string text) => text.ReplaceLineEndings("\n").TrimEnd('\n');

    private static string Difference(string expected, string actual)
    {
        string[] before = expected.Split('\n');
        string[] after = actual.Split('\n');
        IEnumerable<string> gone = before.Except(after).Select(l => "- " + l);
        IEnumerable<string> come = after.Except(before).Select(l => "+ " + l);
        return string.Join('\n', gone.Concat(come).Take(60));
    }
}
