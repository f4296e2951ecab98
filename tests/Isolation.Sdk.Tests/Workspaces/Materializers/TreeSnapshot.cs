using System.Diagnostics;
using System.Text;

namespace Isolation.Sdk.Tests.Workspaces;

/// <summary>A work tree as a list of lines, one for each file, link and folder but <c>.git</c>: kind, permissions,
/// number of names, size, target, name, and what is in it. Names may be any bytes.</summary>
internal static class TreeSnapshot
{
    public static async Task<IReadOnlyList<string>> OfAsync(string folder)
    {
        string[] names = await FindAsync(
            folder,
            "-mindepth",
            "1",
            "-path",
            "./.git",
            "-prune",
            "-o",
            "-type",
            "d",
            "-printf",
            @"%y %m - - %P\0",
            "-o",
            "-printf",
            @"%y %m %n %s %l %P\0"
        );
        string[] sums = await FindAsync(
            folder,
            "-path",
            "./.git",
            "-prune",
            "-o",
            "-type",
            "f",
            "-exec",
            "sha256sum",
            "-z",
            "{}",
            "+"
        );
        return [.. names.Concat(sums).Order(StringComparer.Ordinal)];
    }

    private static async Task<string[]> FindAsync(string folder, params string[] expression)
    {
        ProcessStartInfo start = new("find")
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            StandardOutputEncoding = Encoding.Latin1,
        };
        foreach (string argument in expression.Prepend("."))
        {
            start.ArgumentList.Add(argument);
        }

        using Process find = Process.Start(start)!;
        string output = await find.StandardOutput.ReadToEndAsync();
        await find.WaitForExitAsync();
        Assert.Equal(0, find.ExitCode);
        return output.Split('\0', StringSplitOptions.RemoveEmptyEntries);
    }
}
