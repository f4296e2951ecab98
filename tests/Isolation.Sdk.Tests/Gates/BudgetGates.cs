using System.Reflection;
using System.Runtime.CompilerServices;
using Isolation.Sdk.Tests.Infrastructure;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Isolation.Sdk.Tests.Gates;

/// <summary>How large things may be.</summary>
public sealed class BudgetGates
{
    private const int MaxColumns = 120;
    private const int MaxLines = 350;
    private const int MaxCollaborators = 6;
    private const int MaxKnobs = 13;

    // Goals: 100 and 35.
    private const int MaxPublicTypes = 124;
    private const int MaxRootTypes = 35;

    // Goals: none.
    private const int KnownLongFiles = 1;
    private const int KnownCrowdedClasses = 0;
    private const int KnownBroadOptions = 1;

    private static Assembly Core => typeof(IIsolationAxis).Assembly;

    [IsolationFact]
    public void The_core_has_few_public_types() =>
        Gate.HoldsAtMost(MaxPublicTypes, Core.GetExportedTypes().Select(t => t.FullName));

    [IsolationFact]
    public void The_root_namespace_has_few_types() =>
        Gate.HoldsAtMost(
            MaxRootTypes,
            Core.GetExportedTypes()
                .Where(t => t is { Namespace: "Isolation.Sdk", IsNested: false })
                .Select(t => t.FullName)
        );

    /// <summary>What is inside a raw string is a script or a program of its own, and a silenced warning keeps its
    /// reason.</summary>
    [IsolationFact]
    public async Task No_line_of_code_is_wider_than_120_columns()
    {
        List<string> wide = [];
        foreach (string path in (await Sources.AllAsync()).Where(p => p.EndsWith(".cs", StringComparison.Ordinal)))
        {
            wide.AddRange(Wide(await Sources.ReadAsync(path)).Select(l => $"{path}:{l}"));
        }

        Gate.HoldsUnless(wide);
    }

    [IsolationFact]
    public void A_wide_line_is_found()
    {
        string words = string.Concat(Enumerable.Repeat("word ", MaxColumns / 5));

        Assert.Equal([2], Wide($"class A;\n// {words}\n"));
        Assert.Equal([1], Wide($"class A {{ string s = \"{words}\"; }}"));
        Assert.Empty(Wide($"class A {{ string s = \"\"\"{words}\"\"\"; }}"));
        Assert.Empty(Wide($"class A {{ string s = $\"\"\"\n{words}\n\"\"\"; }}"));
        Assert.Empty(Wide($"#pragma warning disable CA1 // {words}\n"));
    }

    [IsolationFact]
    public async Task No_file_is_longer_than_350_lines()
    {
        List<string> longer = [];
        foreach (string path in await Sources.LibraryAsync())
        {
            int lines = (await Sources.LinesAsync(path)).Length;
            if (lines > MaxLines)
            {
                longer.Add($"{path}: {lines}");
            }
        }

        Gate.HoldsAtMost(KnownLongFiles, longer);
    }

    [IsolationFact]
    public async Task No_class_has_more_than_6_collaborators() =>
        Gate.HoldsAtMost(
            KnownCrowdedClasses,
            Crowded(await CoreCode.ReadSharedAsync()).OrderDescending(StringComparer.Ordinal)
        );

    [IsolationFact]
    public void A_class_with_too_many_collaborators_is_found()
    {
        const string Seven =
            "interface I1; class S2; class S3; class S4; class S5; class S6; class S7; record R; enum E { A } "
            + "class XOptions; class XException : System.Exception; delegate void D();";

        Assert.Single(
            Crowded(
                CoreCode.Of(
                    ("A.cs", Seven + "class A(I1 a, S2 b, S3 c) { S4? d; Lazy<S5>? e; Func<S6>? f; List<S7>? g; }")
                )
            )
        );
        // Parameters that are handed in together are no fewer.
        Assert.Single(Crowded(CoreCode.Of(("A.cs", Seven + "record A(I1 B, S2 C, S3 D, S4 E, S5 F, S6 G, S7 H);"))));
        Assert.Empty(
            Crowded(
                CoreCode.Of(
                    (
                        "A.cs",
                        Seven
                            + "class A(I1 a, S2 b, S3 c, S4 d, S5 e, S6 f, R g, E h, XOptions i, XException "
                            + "j, D k, string l);"
                    )
                )
            )
        );
    }

    [IsolationFact]
    public void Options_have_few_knobs() =>
        Gate.HoldsAtMost(
            KnownBroadOptions,
            TypeGates
                .Packages.SelectMany(a => a.GetExportedTypes())
                .Where(t => Knobs(t) > MaxKnobs)
                .Select(t => $"{t.FullName}: {Knobs(t)}")
        );

    [IsolationFact]
    public void A_knob_is_counted_wherever_it_hides() => Assert.Equal(5, Knobs(typeof(ManyKnobsOptions)));

    /// <summary>What a host can set: properties, lists that can be filled, and methods that change the
    /// options.</summary>
    private static int Knobs(Type type) =>
        !type.Name.EndsWith("Options", StringComparison.Ordinal)
            ? 0
            : type.GetProperties(BindingFlags.Public | BindingFlags.Instance).Count(p => IsSettable(p) || IsFillable(p))
                + type.GetMethods(BindingFlags.Public | BindingFlags.Instance | BindingFlags.DeclaredOnly)
                    .Where(m => !m.IsSpecialName && m.GetBaseDefinition() == m && m.ReturnType == type)
                    .Select(m => m.Name)
                    .Distinct()
                    .Count();

    private static int[] Wide(string text)
    {
        string[] lines = text.ReplaceLineEndings("\n").Split('\n');
        int[] wide =
        [
            .. Enumerable
                .Range(0, lines.Length)
                .Where(i => lines[i].Length > MaxColumns && !lines[i].StartsWith("#pragma", StringComparison.Ordinal)),
        ];
        if (wide.Length == 0)
        {
            return [];
        }

        HashSet<int> raw =
        [
            .. CSharpSyntaxTree
                .ParseText(text)
                .GetRoot()
                .DescendantNodes()
                .Where(n =>
                    n is LiteralExpressionSyntax { Token.Text: ['"', '"', '"', ..] }
                    || n is InterpolatedStringExpressionSyntax i
                        && i.StringStartToken.Text.Contains("\"\"\"", StringComparison.Ordinal)
                )
                .Select(n => n.GetLocation().GetLineSpan())
                .SelectMany(s =>
                    Enumerable.Range(s.StartLinePosition.Line, s.EndLinePosition.Line - s.StartLinePosition.Line + 1)
                ),
        ];
        return [.. wide.Where(i => !raw.Contains(i)).Select(i => i + 1)];
    }

    private static bool IsSettable(PropertyInfo property) => property.SetMethod is { IsPublic: true };

    private static bool IsFillable(PropertyInfo property) =>
        property.PropertyType != typeof(string)
        && property
            .PropertyType.GetInterfaces()
            .Append(property.PropertyType)
            .Any(i => i.IsGenericType && i.GetGenericTypeDefinition() == typeof(ICollection<>));

    /// <summary>Distinct services of the core among the fields and constructor parameters of each class.</summary>
    private static IEnumerable<string> Crowded(CoreCode code) =>
        code
            .Types.Where(t => t.TypeKind == TypeKind.Class && !t.IsStatic && code.PathOf(t) is not null)
            .Select(t =>
            {
                INamedTypeSymbol[] services =
                [
                    .. t.GetMembers()
                        .OfType<IFieldSymbol>()
                        .Where(f => !f.IsStatic)
                        .Select(f => f.Type)
                        .Concat(t.InstanceConstructors.SelectMany(c => c.Parameters).Select(p => p.Type))
                        .SelectMany(Parts)
                        .Where(s => IsService(code, s) && !SymbolEqualityComparer.Default.Equals(s, t))
                        .Distinct<INamedTypeSymbol>(SymbolEqualityComparer.Default),
                ];
                return services.Length > MaxCollaborators
                    ? $"{services.Length} {t.ToDisplayString()}: {string.Join(", ", services.Select(s => s.Name))}"
                    : null;
            })
            .OfType<string>();

    // A Lazy, a Func or a list of services is a collaborator, too.
    private static IEnumerable<INamedTypeSymbol> Parts(ITypeSymbol type) =>
        type switch
        {
            IArrayTypeSymbol a => Parts(a.ElementType),
            INamedTypeSymbol n => n.TypeArguments.SelectMany(Parts).Prepend(n.OriginalDefinition),
            _ => [],
        };

    // Values are no services: records, enums, structs, delegates, options, exceptions; nor is a class's own nested one.
    private static bool IsService(CoreCode code, INamedTypeSymbol type) =>
        code.PathOf(type) is not null
        && type is { TypeKind: TypeKind.Class or TypeKind.Interface, IsRecord: false, ContainingType: null }
        && !type.Name.EndsWith("Options", StringComparison.Ordinal)
        && !type.Name.EndsWith("Exception", StringComparison.Ordinal);

    private sealed class ManyKnobsOptions
    {
        public int A { get; set; }

        public IList<string> B { get; } = [];

        public IDictionary<string, string> C { get; } = new Dictionary<string, string>();

        public int NotOne { get; }

        public ManyKnobsOptions D(int value) => value > 0 ? this : this;

        public ManyKnobsOptions D(string value) => value.Length > 0 ? this : this;

        public ManyKnobsOptions E() => this;
    }
}
