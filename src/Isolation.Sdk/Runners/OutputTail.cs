using System.Globalization;
using System.Text;

namespace Isolation.Sdk.Runners;

internal static class OutputTail
{
    private const int MaxLength = 2_000;

    // The exit code, and the last that the command wrote: 7: no such table.
    public static string Describe(ExecResult result) =>
        Describe(result.ExitCode, result.Error.Length > 0 ? result.Error : result.Output);

    public static string Describe(int exitCode, FileInfo output)
    {
        try
        {
            using FileStream file = new(
                output.FullName,
                FileMode.Open,
                FileAccess.Read,
                FileShare.ReadWrite | FileShare.Delete
            );
            file.Position = Math.Max(0, file.Length - (4 * MaxLength));
            using StreamReader reader = new(file, Encoding.UTF8);
            return Describe(exitCode, reader.ReadToEnd());
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return Describe(exitCode, "");
        }
    }

    private static string Describe(int exitCode, string output)
    {
        string said = output.Trim();
        string tail = said.Length > MaxLength ? $"…{said[^MaxLength..]}" : said;
        return string.Create(CultureInfo.InvariantCulture, $"{exitCode}{(tail.Length == 0 ? "." : $": {tail}")}");
    }
}
