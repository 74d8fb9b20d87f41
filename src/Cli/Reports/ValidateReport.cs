using System.Globalization;
using System.Text.Json;
using ResearchFreeze.Evaluation;
using Spectre.Console;

namespace ResearchFreeze.Cli;

/// <summary>What <c>freeze validate</c> found; null: not asked for.</summary>
internal sealed class ValidateReport(IReadOnlyList<Contender> contenders, PlantedSettings settings, int seeds)
{
    private const int LongestName = 16;

    public IReadOnlyList<PlantedSummary>? Planted { get; init; }

    public IReadOnlyList<PlantedSummary>? Null { get; init; }

    public IReadOnlyList<PlantedSummary>? Scattered { get; init; }

    public IReadOnlyList<ShiftSummary>? Shifts { get; init; }

    public double ShiftMargin { get; init; }

    public void Print(IAnsiConsole console)
    {
        if (Planted is not null || Null is not null) PrintPlanted(console);
        if (Scattered is not null) PrintScattered(console);
        if (Shifts is not null) PrintShifts(console);
    }

    public string Json() => JsonText.Of(json =>
    {
        json.WriteNumber("seeds", seeds);
        json.WriteNumber("units", settings.Units);
        json.WriteNumber("steps", settings.Steps);
        json.WriteStartArray("policies");
        for (int i = 0; i < contenders.Count; i++)
        {
            json.WriteStartObject();
            json.WriteString("name", contenders[i].Name);
            Write(json, "planted", Planted?[i]);
            Write(json, "null", Null?[i]);
            Write(json, "scattered", Scattered?[i]);
            json.WriteEndObject();
        }
        json.WriteEndArray();
        if (Shifts is not null) WriteShifts(json, Shifts);
    });

    private void PrintPlanted(IAnsiConsole console)
    {
        string tasks = Planted is null ? "null task" : $"first 1 to {settings.Units - 1} finished";
        console.WriteLine($"planted: {settings.Units} units and a head, {tasks}, {seeds} seeds of each, {settings.Steps} steps");
        string[] names = Names(console);
        Table table = New("policy", "precision", "recall", "delay", "wrong", "thaws", "loss", "on null");
        for (int i = 0; i < contenders.Count; i++)
        {
            string[] planted = Planted is null ? ["", "", "", "", "", ""] : Cells(Planted[i]);
            table.AddRow([Markup.Escape(names[i]), .. planted, Null is null ? "" : Whole(Null[i].WrongFreezes)]);
        }
        Tables.Write(console, table);
        console.WriteLine("precision: part of what was frozen that was finished; recall: part of what was");
        console.WriteLine("finished that was frozen; delay: in steps, warm-up included; wrong: freezes of");
        console.WriteLine("what was not finished; loss: above full training's; on null: where nothing is");
    }

    private void PrintScattered(IAnsiConsole console)
    {
        console.WriteLine($"scattered: every other unit finished, {seeds} seeds of each");
        string[] names = Names(console);
        Table table = New("policy", "precision", "recall", "delay", "wrong", "thaws", "loss", "prefix");
        for (int i = 0; i < contenders.Count; i++) table.AddRow([Markup.Escape(names[i]), .. Cells(Scattered![i]), Number(Scattered[i].PrefixRecall, "F2")]);
        Tables.Write(console, table);
        console.WriteLine("prefix: recall of the longest finished prefix");
    }

    private static Table New(params ReadOnlySpan<string> columns)
    {
        Table table = Tables.New(columns);
        foreach (TableColumn column in table.Columns.Skip(1)) column.NoWrap();
        return table;
    }

    /// <summary>The policies' names; numbers, and what they mean above the table, where a name would leave no room for the rest.</summary>
    private string[] Names(IAnsiConsole console)
    {
        if (contenders.All(contender => contender.Name.Length <= LongestName)) return [.. contenders.Select(contender => contender.Name)];
        for (int i = 0; i < contenders.Count; i++) console.WriteLine($"  {i + 1}: {contenders[i].Name}");
        return [.. contenders.Select((_, i) => Whole(i + 1))];
    }

    private void PrintShifts(IAnsiConsole console)
    {
        console.WriteLine($"shift: {seeds} seeds");
        string[] names = Names(console);
        Table table = Tables.New("shift", "policy", "accuracy", "frozen in front", "held");
        foreach (ShiftSummary row in Shifts!) table.AddRow(NameOf(row.Shift), Markup.Escape(contenders.ToList().FindIndex(contender => contender.Name == row.Name) is >= 0 and int at ? names[at] : row.Name), Number(row.Accuracy, "P1"), Number(row.FrozenInFront, "F1"), $"{row.RefusedOrThawed}/{row.Runs}");
        Tables.Write(console, table);
        console.WriteLine("held: runs whose first unit trains at the end, or whose accuracy is");
        console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"at most {ShiftMargin:P0} below that of 'never'"));
    }

    private static string[] Cells(PlantedSummary row) =>
    [
        double.IsNaN(row.Precision) ? "none" : Number(row.Precision, "F2"), Number(row.Recall, "F2"), Number(row.Delay, "F0"), Whole(row.WrongFreezes), Whole(row.Thaws), Number(row.ExcessLoss, "F3"),
    ];

    private static void Write(Utf8JsonWriter json, string family, PlantedSummary? row)
    {
        if (row is null) return;
        json.WriteStartObject(family);
        json.WriteNumber("runs", row.Runs);
        Real(json, "precision", row.Precision);
        Real(json, "recall", row.Recall);
        Real(json, "prefixRecall", row.PrefixRecall);
        Real(json, "delay", row.Delay);
        json.WriteNumber("wrongFreezes", row.WrongFreezes);
        json.WriteNumber("thaws", row.Thaws);
        Real(json, "excessLoss", row.ExcessLoss);
        json.WriteEndObject();
    }

    private static void WriteShifts(Utf8JsonWriter json, IReadOnlyList<ShiftSummary> rows)
    {
        json.WriteStartArray("shifts");
        foreach (ShiftSummary row in rows)
        {
            json.WriteStartObject();
            json.WriteString("shift", NameOf(row.Shift));
            json.WriteString("name", row.Name);
            json.WriteNumber("runs", row.Runs);
            json.WriteNumber("accuracy", row.Accuracy);
            json.WriteNumber("frozenInFront", row.FrozenInFront);
            json.WriteNumber("refusedOrThawed", row.RefusedOrThawed);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    /// <summary>What is no number is left out, as in the decision log.</summary>
    private static void Real(Utf8JsonWriter json, string name, double value)
    {
        if (double.IsFinite(value)) json.WriteNumber(name, value);
    }

    private static string NameOf(Shift shift) => shift switch
    {
        Shift.NewClasses => "new classes",
        Shift.PermutedLabels => "permuted labels",
        _ => shift.ToString().ToLowerInvariant(),
    };

    private static string Whole(int value) => value.ToString(CultureInfo.InvariantCulture);

    private static string Number(double value, string format) => double.IsNaN(value) ? "" : value.ToString(format, CultureInfo.InvariantCulture);
}
