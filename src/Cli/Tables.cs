using Spectre.Console;

namespace ResearchFreeze.Cli;

/// <summary>Tables that also read well in a file: no colours needed, never cut to a terminal's width.</summary>
internal static class Tables
{
    private const int WideEnough = 200;

    public static Table New(params ReadOnlySpan<string> columns)
    {
        var table = new Table { Border = TableBorder.Simple };
        foreach (string column in columns) table.AddColumn(new TableColumn(Markup.Escape(column)));
        return table;
    }

    public static void Write(IAnsiConsole console, Table table)
    {
        // Where output is no terminal, Spectre assumes 80 columns and would break lines.
        if (!console.Profile.Out.IsTerminal) console.Profile.Width = WideEnough;
        console.Write(table);
    }
}
