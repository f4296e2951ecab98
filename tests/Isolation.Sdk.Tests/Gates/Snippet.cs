using System.Reflection;
using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Emit;

namespace Isolation.Sdk.Tests.Gates;

/// <summary>One C# fence of a Markdown file.</summary>
/// <remarks>
/// It has to compile as a program, or as members of a class. The line before the fence may say
/// <c>&lt;!-- snippet: given IReadOnlyList&lt;WorkItem&gt; items; CancellationToken cancellationToken --&gt;</c> for
/// what the text around it provides, or <c>&lt;!-- snippet: fragment --&gt;</c> for one that is no whole code.
/// </remarks>
internal sealed partial record Snippet(string File, int Line, string Code, string Note)
{
    private const string Usings =
        "global using System; global using System.Collections.Generic; global using System.IO; global "
        + "using System.Linq; global using System.Net.Http; global using System.Threading; global using "
        + "System.Threading.Tasks;";

    internal static readonly MetadataReference[] References =
    [
        .. ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!)
            .Split(Path.PathSeparator)
            .Concat(Directory.GetFiles(AppContext.BaseDirectory, "*.dll"))
            .Where(p => !Path.GetFileName(p).StartsWith("Isolation.Sdk.Tests", StringComparison.Ordinal))
            .DistinctBy(Path.GetFileName)
            .Select(p => MetadataReference.CreateFromFile(p)),
    ];

    public bool IsFragment => Note == "fragment";

    public override string ToString() => $"{File}:{Line}";

    public static IEnumerable<Snippet> In(string file, string markdown)
    {
        string text = markdown.ReplaceLineEndings("\n");
        return Fence()
            .Matches(text)
            .Select(m => new Snippet(
                file,
                text[..m.Index].Count(c => c == '\n') + 1,
                Unindented(m.Groups["code"].Value, m.Groups["indent"].Length),
                m.Groups["note"].Value.Trim()
            ));
    }

    /// <summary>The errors of the form that comes nearest to compiling; none when one of them does.</summary>
    public IReadOnlyList<string> Errors()
    {
        if (IsFragment)
        {
            return [];
        }

        string given = Note.StartsWith("given ", StringComparison.Ordinal)
            ? string.Concat(
                Note["given ".Length..]
                    .Split(';', StringSplitOptions.RemoveEmptyEntries)
                    .Select(d => $"{d.Trim()} = default!;")
            )
            : "";
        CompilationUnitSyntax unit = (CompilationUnitSyntax)CSharpSyntaxTree.ParseText(Code).GetRoot();
        string usings = string.Concat(unit.Usings.Select(u => u.ToString() + " "));
        string rest = unit.Usings.Count == 0 ? Code : Code[unit.Usings.FullSpan.End..];
        string[] program = Compile($"{usings}{given}\n{rest}", OutputKind.ConsoleApplication);
        string[] members =
            program.Length == 0
                ? []
                : Compile(
                    $"{usings} abstract partial class Snippet {{\n{rest}\n}}",
                    OutputKind.DynamicallyLinkedLibrary
                );
        return program.Length <= members.Length ? program : members;
    }

    /// <summary>Compiles the types of the fence, for a test that runs what the documents show.</summary>
    public Assembly Load()
    {
        using MemoryStream image = new();
        EmitResult result = Compilation(Code, OutputKind.DynamicallyLinkedLibrary).Emit(image);
        Assert.True(result.Success, string.Join('\n', result.Diagnostics));
        return Assembly.Load(image.ToArray());
    }

    private static CSharpCompilation Compilation(string code, OutputKind kind)
    {
        CSharpParseOptions parse = new(LanguageVersion.Latest);
        return CSharpCompilation.Create(
            "Snippet",
            [CSharpSyntaxTree.ParseText(Usings, parse), CSharpSyntaxTree.ParseText(code, parse)],
            References,
            new CSharpCompilationOptions(kind, nullableContextOptions: NullableContextOptions.Enable)
        );
    }

    private static string[] Compile(string code, OutputKind kind)
    {
        return
        [
            .. Compilation(code, kind)
                .GetDiagnostics()
                .Where(d => d.Severity == DiagnosticSeverity.Error)
                .Select(d =>
                {
                    int line = d.Location.GetLineSpan().StartLinePosition.Line;
                    string? text = d.Location.SourceTree?.GetText().Lines[line].ToString().Trim();
                    return $"{d.Id}: {d.GetMessage()} [{text}]";
                }),
        ];
    }

    private static string Unindented(string code, int indent) =>
        indent == 0 ? code : string.Join('\n', code.Split('\n').Select(l => l.Length >= indent ? l[indent..] : l));

    [GeneratedRegex(
        @"(?:^[ \t]*<!--\s*snippet:(?<note>[^\n]*?)-->[ \t]*\n\s*)?^(?<indent>[ \t]*)```(?:csharp|cs|c#)[ "
            + @"\t]*\n(?<code>.*?)^[ \t]*```",
        RegexOptions.Multiline | RegexOptions.Singleline | RegexOptions.IgnoreCase
    )]
    private static partial Regex Fence();
}
