using System.Globalization;
using System.Text;

namespace Isolation.Sdk.Benchmarks.WorkTrees;

/// <summary>A repository like a real one, the same every time: sizes are log-normal around 4 KB, one file of a thousand
/// has 1 MB, folders are one to eight deep. Packed; a chain of commits, each changing 20 files.</summary>
internal static class GeneratedRepository
{
    public const int Moved = 20;
    private const double MedianSize = 4096;
    private const double Spread = 1.1;
    private const int Large = 1 << 20;
    private static readonly string[] Words =
    [
        .. Enumerable.Range(0, 2000).Select(n => string.Create(CultureInfo.InvariantCulture, $"word{n}")),
    ];

    /// <summary>Makes it, checked out at the first commit of <c>main</c>; <c>moved</c> is at the end of the
    /// chain.</summary>
    public static async Task MakeAsync(string path, int files, int commits)
    {
        Directory.CreateDirectory(path);
        await StartAsync(path);
        string stream = path + ".stream";
        await using (FileStream to = File.Create(stream))
        {
            Write(to, files, commits);
        }

        await Command.RunAsync(path, "sh", "-c", "git fast-import --quiet < \"$1\"", "sh", stream);
        File.Delete(stream);
        await Command.GitAsync(path, "reset", "-q", "--hard", "main");
    }

    /// <summary>The same of somebody's real tree: its files as one commit, and the chain on top.</summary>
    public static async Task TakeAsync(string path, string source, int commits)
    {
        await Command.RunAsync("/", "git", "clone", "-q", "--no-local", source, path);
        await StartAsync(path);
        await Command.GitAsync(path, "checkout", "-q", "-B", "main");
        string[] names =
        [
            .. (await Command.GitAsync(path, "ls-files"))
                .Split('\n')
                .Where(n =>
                    File.Exists(Path.Combine(path, n)) && new FileInfo(Path.Combine(path, n)).LinkTarget is null
                ),
        ];
        await Command.GitAsync(path, "checkout", "-q", "-b", "moved");
        for (int commit = 1; commit <= commits; commit++)
        {
            for (int i = 0; i < Moved; i++)
            {
                await File.AppendAllTextAsync(
                    Path.Combine(path, names[((commit * 7919) + (i * 104_729)) % names.Length]),
                    $"\nmoved {commit}\n"
                );
            }

            await Command.GitAsync(path, "commit", "-q", "-a", "-m", $"Moved {commit}");
        }

        await Command.GitAsync(path, "checkout", "-q", "main");
        await Command.GitAsync(path, "repack", "-adq");
    }

    private static async Task StartAsync(string path)
    {
        await Command.GitAsync(path, "init", "-q", "-b", "main");
        foreach (
            (string name, string value) in new[]
            {
                ("user.name", "bench"),
                ("user.email", "bench@localhost"),
                ("gc.auto", "0"),
                ("maintenance.auto", "false"),
            }
        )
        {
            await Command.GitAsync(path, "config", name, value);
        }
    }

    private static void Write(Stream to, int files, int commits)
    {
        Random random = new(1);
        string[] names = [.. Enumerable.Range(0, files).Select(n => Name(n, random))];
        Line(to, "commit refs/heads/main\nmark :1\ncommitter bench <bench@localhost> 1700000000 +0000\ndata 5\nFirst");
        Put(to, ".gitignore", "bin/\nobj/\n"u8);
        for (int i = 0; i < files; i++)
        {
            Put(to, names[i], Encoding.ASCII.GetBytes(Text(random, i % 1000 == 500 ? Large : Size(random))));
        }

        for (int commit = 1; commit <= commits; commit++)
        {
            Line(
                to,
                $"commit refs/heads/moved\nmark :{commit + 1}\ncommitter bench <bench@localhost> "
                    + $"{1_700_000_000 + commit} +0000\ndata 5\nMoved\nfrom :{commit}"
            );
            for (int i = 0; i < Moved; i++)
            {
                Put(to, names[random.Next(files)], Encoding.ASCII.GetBytes(Text(random, Size(random))));
            }
        }
    }

    // Twenty or so files a folder; the number of a folder says how deep it is.
    private static string Name(int file, Random random)
    {
        int folder = file / 20;
        string above = string.Concat(
            Enumerable
                .Range(0, folder % 8)
                .Select(level =>
                    string.Create(CultureInfo.InvariantCulture, $"area-{level}-{folder / 8 % (level + 3)}/")
                )
        );
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{above}part-{folder:0000}/{Words[random.Next(Words.Length)]}-{file:00000}.cs"
        );
    }

    private static int Size(Random random)
    {
        double normal = Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
        return (int)Math.Clamp(MedianSize * Math.Exp(Spread * normal), 64, 512 * 1024);
    }

    // Words of a small vocabulary, as source text compresses.
    private static string Text(Random random, int size)
    {
        StringBuilder text = new(size + 16);
        while (text.Length < size)
        {
            text.Append(Words[random.Next(Words.Length)]).Append(random.Next(8) == 0 ? '\n' : ' ');
        }

        return text.Append('\n').ToString();
    }

    private static void Put(Stream to, string name, ReadOnlySpan<byte> content)
    {
        Line(to, $"M 100644 inline {name}\ndata {content.Length}");
        to.Write(content);
        to.WriteByte((byte)'\n');
    }

    private static void Line(Stream to, string text) => to.Write(Encoding.ASCII.GetBytes(text + "\n"));
}
