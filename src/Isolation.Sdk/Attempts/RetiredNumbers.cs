using System.Globalization;
using Isolation.Sdk.Git;
using Isolation.Sdk.IO;

namespace Isolation.Sdk.Attempts;

// The highest attempt number of each item whose records were cleaned away: an attempt's number is never issued twice,
// or its work would pass for what landed before.
internal sealed class RetiredNumbers(GitRepository repository)
{
    private string File => Path.Combine(repository.IsolationDirectory, "numbers");

    public int Of(string slug) => Read().GetValueOrDefault(slug);

    public async Task RetireAsync(string slug, int number, TimeProvider time, CancellationToken cancellationToken)
    {
        using OsFileLock held = await OsFileLock
            .AcquireAsync(File + ".lock", time, cancellationToken)
            .ConfigureAwait(false);
        Dictionary<string, int> numbers = Read();
        numbers[slug] = Math.Max(number, numbers.GetValueOrDefault(slug));
        AtomicFile.Write(
            File,
            System.Text.Encoding.UTF8.GetBytes(
                string.Concat(numbers.Select(n => string.Create(CultureInfo.InvariantCulture, $"{n.Key} {n.Value}\n")))
            )
        );
    }

    private Dictionary<string, int> Read()
    {
        Dictionary<string, int> numbers = new(StringComparer.Ordinal);
        foreach (
            string[] line in System.IO.File.Exists(File)
                ? System.IO.File.ReadAllLines(File).Select(l => l.Split(' ')).Where(l => l.Length == 2)
                : []
        )
        {
            numbers[line[0]] = int.TryParse(line[1], NumberStyles.None, CultureInfo.InvariantCulture, out int number)
                ? number
                : 0;
        }

        return numbers;
    }
}
