using System.Text;

namespace ResearchFreeze.Plots;

/// <summary>A page that is written from top to bottom.</summary>
internal sealed class Html
{
    private readonly StringBuilder text = new();

    public static string Escaped(string text) => text.Replace("&", "&amp;", StringComparison.Ordinal).Replace("<", "&lt;", StringComparison.Ordinal).Replace(">", "&gt;", StringComparison.Ordinal).Replace("\"", "&quot;", StringComparison.Ordinal);

    /// <summary>Something that is markup already.</summary>
    public Html Raw(string markup)
    {
        text.Append(markup).Append('\n');
        return this;
    }

    public Html Heading(string title) => Raw($"<h2>{Escaped(title)}</h2>");

    public Html Paragraph(string sentence) => Raw($"<p>{Escaped(sentence)}</p>");

    public Html List(IEnumerable<string> items) => items.Any() ? Raw($"<ul>{string.Concat(items.Select(item => $"<li>{Escaped(item)}</li>"))}</ul>") : this;

    /// <summary>A table whose first column is what a row is of; it scrolls where it is wider than the page.</summary>
    public Html Table(string caption, IReadOnlyList<string> columns, IEnumerable<IReadOnlyList<string>> rows)
    {
        // A caption of the table's own would be as wide as it, and scroll with it.
        Raw($"<p class=\"note\">{Escaped(caption)}</p>");
        Raw($"<div class=\"wide\" tabindex=\"0\"><table><thead><tr>{string.Concat(columns.Select(column => $"<th scope=\"col\">{Escaped(column)}</th>"))}</tr></thead><tbody>");
        foreach (IReadOnlyList<string> row in rows) Raw($"<tr><th scope=\"row\">{Escaped(row[0])}</th>{string.Concat(row.Skip(1).Select(cell => $"<td>{Escaped(cell)}</td>"))}</tr>");
        return Raw("</tbody></table></div>");
    }

    /// <summary>What most readers do not need, closed until it is asked for: no script is needed for that.</summary>
    public Html Details(string summary, Action<Html> inside)
    {
        Raw($"<details><summary>{Escaped(summary)}</summary>");
        inside(this);
        return Raw("</details>");
    }

    public override string ToString() => text.ToString();
}
