using System.Text.Json;
using ResearchFreeze.Autograd;
using ResearchFreeze.Cli;
using ResearchFreeze.Evaluation;
using Spectre.Console;

namespace ResearchFreeze.Tests.Cli;

public sealed class DoctorVerbTests
{
    [Fact]
    public void TheCpuIsGoodAndEveryPrimitiveIsInTheTable()
    {
        FreezeRun run = FreezeRun.Of("doctor", "--device", "cpu");
        Assert.Equal((0, ""), (run.Code, run.Error));
        string[] lines = run.PlainLines();
        Assert.StartsWith("ResearchFreeze ", lines[0], StringComparison.Ordinal);
        Assert.StartsWith("cpu: ", lines[2], StringComparison.Ordinal);
        Assert.Single(lines, line => line.StartsWith("* auto picks ", StringComparison.Ordinal));
        string[][] rows = [.. lines.Select(line => line.Split("  ", StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)).Where(cells => cells is [_, _, _, _, "good"])];
        Assert.Equal(Enum.GetNames<Primitive>(), rows.Take(Enum.GetValues<Primitive>().Length).Select(row => row[0]));
        Assert.Contains(rows, row => row[0] == "training steps from the CPU's weights");
        Assert.Single(lines, line => line.TrimStart().StartsWith("launch, back to back", StringComparison.Ordinal));
        Assert.Matches(@"^cpu: all within tolerance, \d+ checks, \d+\.\d s$", lines[^1]);
    }

    [Fact]
    public void AWrongPrimitiveIsNamedAndTheRestGoesOn()
    {
        using var table = new StringWriter();
        using var error = new StringWriter();
        int code = DoctorVerb.Run(new WrongDevice(), json: false, Console(table), TextWriter.Null, error, new CaseSizes(1000, 4000, 2));
        Assert.Equal(1, code);
        string[] lines = [.. table.ToString().Split('\n').Select(line => line.Trim())];
        string[] wrong = [.. lines.Where(line => line.EndsWith(" WRONG", StringComparison.Ordinal)).Select(line => line.Split("  ")[0])];
        Assert.Equal(["ScatterRows", "GroupNorm", "Softmax", "softmax", "embedding", "layer norm", "rms norm", "group norm", "index add", "top k", "take", "take along", "scatter add", "softmax over other axes", "layer norm over other axes", "rms norm over an axis in between"], wrong);
        Assert.Contains(lines, line => line.StartsWith("WRONG: primitives, Softmax: operand ", StringComparison.Ordinal) && line.Contains(": expected ", StringComparison.Ordinal) && line.Contains(", found ", StringComparison.Ordinal));
        Assert.Contains("WRONG: primitives, GroupNorm: InvalidOperationException: kernel not compiled: line 7", lines);
        Assert.Contains(lines, line => line.StartsWith("WRONG: primitives, ScatterRows: ", StringComparison.Ordinal) && line.Contains("expected the same bits each time", StringComparison.Ordinal));
        string said = Assert.Single(error.ToString().Split(Environment.NewLine, StringSplitOptions.RemoveEmptyEntries));
        Assert.StartsWith("error: reference: 16 of ", said, StringComparison.Ordinal);
        Assert.Contains("primitives, ScatterRows; primitives, GroupNorm; primitives, Softmax; ", said, StringComparison.Ordinal);
    }

    [Fact]
    public void TheDeviceIsDisposedThoughNothingCouldBeReported()
    {
        var device = new BrokenDevice();
        using var closed = new StringWriter();
        closed.Close();
        Assert.Throws<ObjectDisposedException>(() => DoctorVerb.Run(device, json: true, Console(TextWriter.Null), closed, TextWriter.Null));
        Assert.True(device.IsDisposed);
    }

    [Fact]
    public void AFigureThatJsonCannotHoldIsNull()
    {
        var environment = new DoctorEnvironment
        {
            Version = "",
            Runtime = "",
            System = "",
            Processors = 1,
            Simd = "",
            Device = "",
            Description = "",
            Facts = new DeviceFacts { FlopsPerSecond = double.PositiveInfinity },
            Auto = ("cpu", ""),
            Devices = [],
        };
        DoctorRate[] rates = [new("endless", double.PositiveInfinity, "GB/s", double.NaN, null), new("measured", 2, "GB/s", 3, null)];
        var check = new DoctorCheck("primitives", new CheckResult("Fill", 1, double.PositiveInfinity, "wrong", 1));
        JsonElement root = JsonDocument.Parse(DoctorPrint.Json(new DoctorReport(environment, [check], rates, 1))).RootElement;
        Assert.Equal(["null null", "2 3"], root.GetProperty("rates").EnumerateArray().Select(rate => $"{rate.GetProperty("value").GetRawText()} {rate.GetProperty("limit").GetRawText()}"));
        Assert.Equal(JsonValueKind.Null, root.GetProperty("checks")[0].GetProperty("error").ValueKind);
        Assert.Equal(JsonValueKind.Null, root.GetProperty("device").GetProperty("flopsPerSecond").ValueKind);
    }

    [Theory]
    [InlineData("opencl:9")]
    [InlineData("cuda:9")]
    [InlineData("cpu:1")]
    [InlineData("nonsense")]
    public void AMissingDeviceIsOneLine(string device)
    {
        foreach (string verb in (string[])["doctor", "validate --policy never", "bench"])
        {
            FreezeRun run = FreezeRun.Of([.. verb.Split(' '), "--device", device]);
            Assert.Equal((2, ""), (run.Code, run.Output));
            string line = Assert.Single(run.Error.Split(Environment.NewLine, StringSplitOptions.RemoveEmptyEntries));
            Assert.StartsWith("error: ", line, StringComparison.Ordinal);
            Assert.Contains(device, line, StringComparison.Ordinal);
        }
    }

    internal static IAnsiConsole Console(TextWriter writer)
    {
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(writer) });
        console.Profile.Width = 1 << 16;
        return console;
    }

    /// <summary>Has no memory at all: every check fails at once.</summary>
    private sealed class BrokenDevice : ReferenceDevice
    {
        public bool IsDisposed { get; private set; }

        protected internal override Storage Allocate(ElementKind kind, int capacity) => throw new OutOfMemoryException("none");

        protected override void Dispose(bool disposing)
        {
            IsDisposed = true;
            base.Dispose(disposing);
        }
    }
}
