using System.CommandLine;
using ResearchFreeze.Autograd;
using ResearchFreeze.Evaluation;
using Spectre.Console;

namespace ResearchFreeze.Cli;

/// <summary><c>freeze doctor</c>: checks a device against the reference and the CPU, and measures it.</summary>
internal static class DoctorVerb
{
    private const int OutOfTolerance = 1;

    public static Command Create(IAnsiConsole console, TextWriter output, TextWriter error)
    {
        Option<string> device = DeviceOption.Create("auto"), precision = PrecisionOption.Create();
        var json = new Option<bool>("--json") { Description = "Prints JSON, to attach to a report" };
        Verb command = new Verb("doctor", "Checks everything that a device computes against the float64 reference and the CPU, and measures it.")
            .With("Options", device, precision, json)
            .Example("doctor --device cuda", "before a card is trusted with a run");
        command.SetAction(parsed => Run(Devices.Create(parsed.GetValue(device)!, precision: PrecisionOption.Of(parsed, precision)), parsed.GetValue(json), console, output, error));
        return command;
    }

    /// <summary>Checks a device, reports, and disposes it.</summary>
    /// <returns>0: all is within tolerance; 1: something is not, and a line on standard error names it.</returns>
    internal static int Run(Device device, bool json, IAnsiConsole console, TextWriter output, TextWriter error, CaseSizes? sizes = null) =>
        OnDevice.Run(device, error, used => Report(used, json, console, output, error, sizes));

    /// <summary>Checks a device that stays the caller's, and reports.</summary>
    internal static int Report(Device device, bool json, IAnsiConsole console, TextWriter output, TextWriter error, CaseSizes? sizes = null)
    {
        device.Warn = message => error.WriteLine($"warning: {message}");
        DoctorReport report = Doctor.Run(device, sizes);
        if (json) output.WriteLine(DoctorPrint.Json(report));
        else DoctorPrint.Print(console, report);
        IReadOnlyList<(string Name, string Failure)> failures = report.Failures;
        if (failures.Count > 0) error.WriteLine($"error: {device.Name}: {failures.Count} of {report.Checks.Count + report.Rates.Count} checks failed: {string.Join("; ", failures.Select(found => found.Name))}");
        return report.IsGood ? 0 : OutOfTolerance;
    }
}
