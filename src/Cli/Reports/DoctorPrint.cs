using System.Globalization;
using System.Text.Json;
using ResearchFreeze.Autograd;
using ResearchFreeze.Evaluation;
using Spectre.Console;

namespace ResearchFreeze.Cli;

/// <summary>What <c>freeze doctor</c> prints.</summary>
internal static class DoctorPrint
{
    public static void Print(IAnsiConsole console, DoctorReport report)
    {
        PrintEnvironment(console, report.Environment);
        foreach (IGrouping<string, DoctorCheck> section in report.Checks.GroupBy(check => check.Section))
        {
            Table table = Tables.New(section.Key, "cases", "error / allowed", "seconds", "verdict");
            foreach (CheckResult result in section.Select(check => check.Result))
            {
                table.AddRow(
                    Markup.Escape(result.Name), result.Cases.ToString(CultureInfo.InvariantCulture), result.Error is { } error ? Number(error, "F3") : "-",
                    Number(result.Seconds + (result.SecondsAgain ?? 0), "F2"), result.IsGood ? "good" : "WRONG");
            }
            Tables.Write(console, table);
        }
        Table rates = Tables.New("rates", "value", "unit", "limit", "of limit");
        foreach (DoctorRate rate in report.Rates)
        {
            string limit = rate.Limit is { } most ? Number(most, "F0") : "unknown";
            string share = rate.Value / rate.Limit is { } part ? part.ToString("P0", CultureInfo.InvariantCulture) : "-";
            rates.AddRow(Markup.Escape(rate.Name), rate.Value is { } value ? Number(value, "G4") : "failed", rate.Unit, IsRate(rate) ? limit : "-", share);
        }
        Tables.Write(console, rates);
        foreach ((string name, string failure) in report.Failures) console.WriteLine($"WRONG: {name}: {failure}");
        console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{report.Environment.Device}: {(report.IsGood ? "all" : "NOT all")} within tolerance, {report.Checks.Count} checks, {report.Seconds:F1} s"));
    }

    public static string Json(DoctorReport report) => JsonText.Of(json =>
    {
        json.WriteBoolean("good", report.IsGood);
        json.WriteNumber("seconds", report.Seconds);
        WriteEnvironment(json, report.Environment);
        json.WriteStartArray("checks");
        foreach (DoctorCheck check in report.Checks)
        {
            json.WriteStartObject();
            json.WriteString("section", check.Section);
            json.WriteString("name", check.Result.Name);
            json.WriteBoolean("good", check.Result.IsGood);
            json.WriteNumber("cases", check.Result.Cases);
            WriteFigure(json, "error", check.Result.Error);
            json.WriteString("failure", check.Result.Failure);
            json.WriteNumber("seconds", check.Result.Seconds);
            WriteFigure(json, "secondsAgain", check.Result.SecondsAgain);
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteStartArray("rates");
        foreach (DoctorRate rate in report.Rates)
        {
            json.WriteStartObject();
            json.WriteString("name", rate.Name);
            WriteFigure(json, "value", rate.Value);
            json.WriteString("unit", rate.Unit);
            WriteFigure(json, "limit", rate.Limit);
            json.WriteString("failure", rate.Failure);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    });

    private static void PrintEnvironment(IAnsiConsole console, DoctorEnvironment environment)
    {
        console.WriteLine($"ResearchFreeze {environment.Version}, {environment.Runtime}, {environment.System}");
        console.WriteLine($"{environment.Processors} processors, SIMD level {environment.Simd}");
        DeviceFacts facts = environment.Facts;
        string memory = facts.MemoryBytes is { } bytes ? string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e9:F1} GB") : "unknown";
        console.WriteLine($"{environment.Device}: {environment.Description}");
        console.WriteLine($"  driver {facts.Driver ?? "unknown"}, architecture {facts.Architecture ?? "unknown"}");
        console.WriteLine($"  memory {memory}, ILGPU {facts.Ilgpu ?? "not used"}");
        DeviceList.Print(console, environment.Devices, environment.Auto);
    }

    private static void WriteEnvironment(Utf8JsonWriter json, DoctorEnvironment environment)
    {
        json.WriteString("version", environment.Version);
        json.WriteString("runtime", environment.Runtime);
        json.WriteString("system", environment.System);
        json.WriteNumber("processors", environment.Processors);
        json.WriteString("simd", environment.Simd);
        json.WriteStartObject("device");
        json.WriteString("name", environment.Device);
        json.WriteString("description", environment.Description);
        json.WriteString("precision", environment.Precision);
        json.WriteString("driver", environment.Facts.Driver);
        json.WriteString("architecture", environment.Facts.Architecture);
        json.WriteString("ilgpu", environment.Facts.Ilgpu);
        WriteFigure(json, "memoryBytes", environment.Facts.MemoryBytes);
        WriteFigure(json, "flopsPerSecond", environment.Facts.FlopsPerSecond);
        WriteFigure(json, "bytesPerSecond", environment.Facts.BytesPerSecond);
        json.WriteEndObject();
        json.WriteStartObject("auto");
        json.WriteString("picks", environment.Auto.Name);
        json.WriteString("reason", environment.Auto.Reason);
        json.WriteEndObject();
        json.WriteStartArray("devices");
        foreach (DeviceChoice choice in environment.Devices)
        {
            json.WriteStartObject();
            json.WriteString("name", choice.Name);
            json.WriteString("description", choice.Description);
            json.WriteBoolean("usable", choice.IsUsable);
            json.WriteString("reason", choice.Reason);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    /// <summary>JSON has neither infinity nor NaN: of an error the failure says it, of a rate that it could not be measured.</summary>
    private static void WriteFigure(Utf8JsonWriter json, string name, double? value)
    {
        if (value is { } figure && double.IsFinite(figure)) json.WriteNumber(name, figure);
        else json.WriteNull(name);
    }

    private static bool IsRate(DoctorRate rate) => rate.Unit.EndsWith("/s", StringComparison.Ordinal);

    private static string Number(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);
}
