using Spectre.Console;

namespace ResearchFreeze.Cli;

/// <summary>Tables that also read well in a file: no colours needed.</summary>
internal static class Tables
{
    public static Table New(params ReadOnlySpan<string> columns)
    {
        var table = new Table { Border = TableBorder.Simple };
        foreach (string column in columns) table.AddColumn(new TableColumn(Markup.Escape(column)));
        return table;
    }

    public static void Write(IAnsiConsole console, Table table) => console.Write(table);
}
