using System.Globalization;
using ResearchFreeze.Autograd;
using ResearchFreeze.Evaluation;
using Spectre.Console;

namespace ResearchFreeze.Cli;

/// <summary>What <c>freeze bench --profile</c> prints.</summary>
internal static class ProfileReport
{
    private const int Rows = 14, NameWidth = 34;

    public static void Print(IAnsiConsole console, ProfileBenchResult result, bool wide)
    {
        StepProfile profile = result.Profile;
        console.WriteLine($"{result.Model}, {result.Optimizer}, batch {result.Batch}");
        console.WriteLine(result.Device);
        console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"a step: {Milli(profile.StepSeconds)} ms; {profile.Launches} launches, {Milli(profile.KernelSeconds)} ms in kernels, {Milli(profile.GapSeconds)} ms in gaps"));
        console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"the host gives the commands in {Milli(profile.HostSeconds)} ms, {1e6 * profile.HostSeconds / profile.Launches:F1} us a launch"));
        console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"repeated as recorded: a step {Milli(profile.RepeatedSeconds)} ms, of it the host's {Milli(profile.RepeatedHostSeconds)} ms"));
        Table table = Tables.New("kernel", "launches", "ms", "share", "of limit");
        foreach (TableColumn column in table.Columns) column.NoWrap();
        foreach (TableColumn column in table.Columns.Skip(1)) column.RightAligned();
        KernelTime[] shown = [.. wide ? profile.Kernels : profile.Kernels.Take(Rows)], rest = [.. profile.Kernels.Skip(shown.Length)];
        foreach (KernelTime kernel in shown) Add(kernel, wide ? kernel.Kernel : Short(kernel.Kernel));
        if (rest.Length > 0)
        {
            Add(new KernelTime("", rest.Sum(kernel => kernel.Launches), rest.Sum(kernel => kernel.Seconds), rest.Sum(kernel => kernel.Flops), rest.Sum(kernel => kernel.Bytes), rest.Sum(kernel => kernel.BoundSeconds)),
                $"{rest.Length} other{(rest.Length == 1 ? "" : "s")}");
        }
        Tables.Write(console, table);
        console.WriteLine("of limit: the larger of operations / peak and bytes / bandwidth, over the time;");
        console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {result.Rates.FlopsPerSecond / 1e9:F1} GFLOP/s by {result.PeakMeasure},"));
        console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {result.Rates.BytesPerSecond / 1e9:F1} GB/s by a copy{(wide ? "" : "; --wide shows every kernel and whole names")}"));

        void Add(KernelTime kernel, string name) => table.AddRow(
            Markup.Escape(name), kernel.Launches.ToString(CultureInfo.InvariantCulture), Milli(kernel.Seconds), profile.ShareOf(kernel).ToString("P1", CultureInfo.InvariantCulture),
            kernel.BoundSeconds == 0 ? "" : (kernel.BoundSeconds / kernel.Seconds).ToString("P0", CultureInfo.InvariantCulture));
    }

    public static string Json(ProfileBenchResult result) => JsonText.Of(json =>
    {
        json.WriteString("model", result.Model);
        json.WriteString("optimizer", result.Optimizer);
        json.WriteNumber("batch", result.Batch);
        json.WriteString("device", result.Device);
        json.WriteNumber("peakFlops", result.Rates.FlopsPerSecond);
        json.WriteString("peakMeasure", result.PeakMeasure);
        json.WriteNumber("bandwidth", result.Rates.BytesPerSecond);
        json.WriteNumber("stepMilliseconds", 1e3 * result.Profile.StepSeconds);
        json.WriteNumber("hostMilliseconds", 1e3 * result.Profile.HostSeconds);
        json.WriteNumber("repeatedMilliseconds", 1e3 * result.Profile.RepeatedSeconds);
        json.WriteNumber("repeatedHostMilliseconds", 1e3 * result.Profile.RepeatedHostSeconds);
        json.WriteNumber("kernelMilliseconds", 1e3 * result.Profile.KernelSeconds);
        json.WriteNumber("gapMilliseconds", 1e3 * result.Profile.GapSeconds);
        json.WriteNumber("launches", result.Profile.Launches);
        json.WriteStartArray("kernels");
        foreach (KernelTime kernel in result.Profile.Kernels)
        {
            json.WriteStartObject();
            json.WriteString("kernel", kernel.Kernel);
            json.WriteNumber("launches", kernel.Launches);
            json.WriteNumber("milliseconds", 1e3 * kernel.Seconds);
            json.WriteNumber("share", result.Profile.ShareOf(kernel));
            json.WriteNumber("flops", kernel.Flops);
            json.WriteNumber("bytes", kernel.Bytes);
            json.WriteNumber("rooflineMilliseconds", 1e3 * kernel.BoundSeconds);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    });

    private static string Milli(double seconds) => (1e3 * seconds).ToString("F3", CultureInfo.InvariantCulture);

    /// <summary>What tells kernels apart, without what all of them have in their names.</summary>
    private static string Short(string kernel)
    {
        string name = kernel.Replace("Kernels.", ".", StringComparison.Ordinal).Replace(".Tiled.", ".", StringComparison.Ordinal).Replace("Matrix", "", StringComparison.Ordinal).Replace("Tile", "", StringComparison.Ordinal);
        return name.Length <= NameWidth ? name : $"{name[..(NameWidth - 1)]}…";
    }
}
