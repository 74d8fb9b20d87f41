using System.Runtime.CompilerServices;
using System.Text;
using System.Text.RegularExpressions;
using ResearchFreeze.DynamicFreeze;

namespace ResearchFreeze.Tests.DynamicFreeze;

/// <summary>
/// The pages under <c>docs/methods</c> are made from the methods' cards, and so are the table of <c>docs/methods.md</c> and the lines of the menu. With <c>RESEARCHFREEZE_METHODS=1</c> they are written anew: look at them before they are committed.
/// </summary>
public sealed class MethodPageTests
{
    private const int Columns = 160;
    private const string Begin = "<!-- made from the cards -->\n", End = "<!-- end -->\n";

    public static TheoryData<string> Names => [.. Methods.All.Select(method => method.Card.Name)];

    private static bool Writes => Environment.GetEnvironmentVariable("RESEARCHFREEZE_METHODS") == "1";

    [Theory]
    [MemberData(nameof(Names))]
    public void APageIsMadeFromItsCard(string name) => Same(Path.Combine(Docs(), "methods", $"{name}.md"), _ => PageOf(Methods.Named(name).Card));

    [Fact]
    public void TheIndexAndTheMenuHaveEveryMethodAndNoOther()
    {
        Same(Path.Combine(Docs(), "methods.md"), text => Between(text, Begin, End, Table()));
        Same(Path.Combine(Docs(), "toc.yml"), text => Between(text, "    href: methods.md\n", "  - name: Published claims, repeated\n", Menu()));
        Assert.Equal(Methods.All.Select(method => $"{method.Card.Name}.md"), Directory.GetFiles(Path.Combine(Docs(), "methods")).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal));
    }

    private static void Same(string path, Func<string, string> make)
    {
        string now = File.Exists(path) ? File.ReadAllText(path) : "", made = make(now);
        if (Writes && now != made) File.WriteAllText(path, made);
        Assert.Equal(made, File.ReadAllText(path));
    }

    private static string Between(string text, string begin, string end, string content)
    {
        int from = text.IndexOf(begin, StringComparison.Ordinal) + begin.Length, to = text.IndexOf(end, from, StringComparison.Ordinal);
        Assert.True(from >= begin.Length && to > 0, $"'{begin.Trim()}' or '{end.Trim()}' is missing");
        return text[..from] + content + text[to..];
    }

    private static string Table()
    {
        var table = new StringBuilder("| name | method | what it does | units |\n|---|---|---|---|\n");
        foreach (MethodCard card in Methods.All.Select(method => method.Card)) table.Append((string)$"| [`{card.Name}`](methods/{card.Name}.md) | {card.Title} | {card.Summary} | {card.Units ?? "any"} |\n");
        return table.ToString();
    }

    private static string Menu() =>
        $"    items:\n{string.Concat(Methods.All.Select(method => $"    - name: {method.Card.Title}\n      href: methods/{method.Card.Name}.md\n"))}";

    private static string PageOf(MethodCard card)
    {
        var page = new StringBuilder((string)$"# {card.Title}\n\n{Wrapped(card.Summary, "")}\n```bash\nfreeze train --policy {card.Name}\n```\n");
        foreach (IGrouping<string, (string Heading, string Text)> part in card.Details.GroupBy(detail => detail.Heading))
        {
            if (part.Key == "Settings") continue;
            page.Append((string)$"\n## {part.Key}\n\n");
            bool isList = part.Count() > 1 && part.Key != "Formula";
            if (part.Key == "Formula") page.Append((string)$"```text\n{string.Concat(part.Select(line => $"{line.Text}\n"))}```\n");
            else foreach ((_, string text) in part) page.Append(Wrapped(isList ? $"- {text}" : text, isList ? "  " : ""));
        }
        page.Append("\n## Settings\n\n");
        page.Append(card.Settings.Count == 0 ? "It has none.\n" : "| setting | default | meaning |\n|---|---|---|\n");
        foreach (MethodSetting setting in card.Settings)
            page.Append((string)$"| `{setting.Name}` | {setting.Default}{(setting.Choices.Count > 0 ? $" (or {string.Join(", ", setting.Choices.Skip(1))})" : "")} | {setting.Meaning} |\n");
        page.Append("\nAll methods: [published methods](../methods.md).\n");
        return page.ToString();
    }

    private static string Wrapped(string text, string indent)
    {
        var lines = new StringBuilder();
        string line = "";
        foreach (string word in Regex.Split(text, " "))
        {
            if (line.Length + 1 + word.Length > Columns)
            {
                lines.Append(line).Append('\n');
                line = indent + word;
            }
            else line = line.Length == 0 ? word : $"{line} {word}";
        }
        return lines.Append(line).Append('\n').ToString();
    }

    private static string Docs([CallerFilePath] string path = "") => Path.GetFullPath(Path.Combine(Path.GetDirectoryName(path)!, "..", "..", "..", "..", "docs"));
}
