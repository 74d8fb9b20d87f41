using System.Text.Json;
using ResearchFreeze.Evaluation;
using ResearchFreeze.Tests.Autograd;
using ResearchFreeze.Training;

namespace ResearchFreeze.Tests.Cli;

/// <summary>What <c>freeze bench</c> prints; no times are judged.</summary>
[Collection("simulator")]
public sealed class BenchVerbTests(SimulatorFixture fixture)
{
    [Fact]
    public void BenchPrintsTheIssuesJson()
    {
        FreezeRun result = FreezeRun.Of("bench", "--model", "mlp:12,10,10,10,10,5", "--batch", "4", "--threads", "1", "--steps", "3", "--device", "cpu", "--json");
        Assert.Equal((0, ""), (result.Code, result.Error));
        JsonElement bench = JsonDocument.Parse(result.Output).RootElement;
        Assert.Equal(["model", "optimizer", "batch", "threads", "device", "runtime", "system", "peakFlops", "peakMeasure", "bandwidth", "rows", "peakBytes"], bench.EnumerateObject().Select(property => property.Name));
        Assert.Equal(("mlp:12,10,10,10,10,5", 4, 1), (bench.GetProperty("model").GetString(), bench.GetProperty("batch").GetInt32(), bench.GetProperty("threads").GetInt32()));
        Assert.StartsWith("cpu", bench.GetProperty("device").GetString(), StringComparison.Ordinal);
        Assert.All(new[] { "peakFlops", "bandwidth", "peakBytes" }, name => Assert.True(bench.GetProperty(name).GetDouble() > 0));
        JsonElement[] rows = [.. bench.GetProperty("rows").EnumerateArray()];
        Assert.Equal([(0, 5), (2, 5), (4, 5)], rows.Select(row => (row.GetProperty("frozenUnits").GetInt32(), row.GetProperty("units").GetInt32())));
        foreach (JsonElement row in rows)
        {
            Assert.Equal(
                [
                    "frozenUnits", "units", "stepMilliseconds", "forwardMilliseconds", "predictedMilliseconds", "measuredFraction", "predictedFraction", "deviation", "ofBound", "ofPeak",
                    "flops", "bytes", "savedBytes", "weightBytes", "managedBytesPerStep",
                ],
                row.EnumerateObject().Select(property => property.Name));
            Assert.All(new[] { "stepMilliseconds", "forwardMilliseconds", "predictedMilliseconds", "flops", "bytes" }, name => Assert.True(row.GetProperty(name).GetDouble() > 0));
        }
        Assert.True(rows[0].GetProperty("flops").GetInt64() > rows[1].GetProperty("flops").GetInt64());
        Assert.True(rows[1].GetProperty("flops").GetInt64() > rows[2].GetProperty("flops").GetInt64());
    }

    /// <summary>By hand: two hidden results of 1,024 values, of which the first layer's input is the batch's; and with the first of two weights frozen, that one in two bytes.</summary>
    [Fact]
    public void WhatIsKeptInTwoBytesShowsInItsBytes()
    {
        JsonElement[] Rows(params string[] more)
        {
            FreezeRun run = FreezeRun.Of(["bench", "--model", "mlp:16,64,64,5", "--batch", "16", "--threads", "1", "--steps", "2", "--device", "cpu", "--json", .. more]);
            Assert.Equal((0, ""), (run.Code, run.Error));
            return [.. JsonDocument.Parse(run.Output).RootElement.GetProperty("rows").EnumerateArray()];
        }

        long Of(JsonElement row, string name) => row.GetProperty(name).GetInt64();

        JsonElement[] plain = Rows(), activations = Rows("--activations", "bf16"), frozen = Rows("--frozen-weights", "bf16");
        Assert.True(Of(activations[0], "savedBytes") < Of(plain[0], "savedBytes"));
        Assert.Equal(Of(plain[0], "weightBytes"), Of(frozen[0], "weightBytes"));
        Assert.Equal((2 * 16 * 64, 2 * ((16 * 64) + (64 * 64))), (Of(plain[1], "weightBytes") - Of(frozen[1], "weightBytes"), Of(plain[2], "weightBytes") - Of(frozen[2], "weightBytes")));
        // Widening is work, and counted.
        Assert.Equal(6 * 16 * 64, Of(frozen[1], "bytes") - Of(plain[1], "bytes"));
        FreezeRun shown = FreezeRun.Of("bench", "--model", "mlp:16,8,5", "--batch", "2", "--steps", "1", "--device", "cpu", "--activations", "bf16", "--frozen-weights", "bf16");
        Assert.Contains("frozen weights are kept in bf16", shown.Output, StringComparison.Ordinal);
        Assert.Contains("activations are kept in bf16", shown.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("mlp:5,3", 1)]   // one unit: none, half of one and all but one are the same
    [InlineData("mlp:5,4,3", 2)]
    public void BenchRunsEveryNumberOfUnitsOnce(string model, int rows)
    {
        FreezeRun result = FreezeRun.Of("bench", "--model", model, "--batch", "2", "--steps", "1", "--device", "reference", "--json");
        Assert.Equal(0, result.Code);
        Assert.Equal(rows, JsonDocument.Parse(result.Output).RootElement.GetProperty("rows").GetArrayLength());
    }

    [Fact]
    public void NoTimeOfAPrimitiveIsTakenWhereItReturnsBeforeItIsDone() =>
        Assert.Contains("returns when it is done", Assert.Throws<ArgumentException>(() =>
            StepBench.Run("mlp:5,3", new RunCatalogues().Models.Create("mlp:5,3"), fixture.Device, 2, 1, timePrimitives: true)).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("cpu")]
    [InlineData("reference")]
    public void BenchPrintsWhatAReaderNeedsToPredictEveryPrefix(string device)
    {
        FreezeRun result = FreezeRun.Of("bench", "--model", "mlp:12,10,9,8,5", "--batch", "4", "--steps", "2", "--device", device, "--prefixes", "--primitives", "--json");
        Assert.Equal((0, ""), (result.Code, result.Error));
        JsonElement bench = JsonDocument.Parse(result.Output).RootElement;
        double peak = bench.GetProperty("peakFlops").GetDouble(), bandwidth = bench.GetProperty("bandwidth").GetDouble();
        JsonElement[] rows = [.. bench.GetProperty("rows").EnumerateArray()];
        Assert.Equal([0, 1, 2, 3], rows.Select(row => row.GetProperty("frozenUnits").GetInt32()));
        double Full(string name) => rows[0].GetProperty(name).GetDouble();
        foreach (JsonElement row in rows)
        {
            double Of(string name) => row.GetProperty(name).GetDouble();
            JsonElement[] primitives = [.. row.GetProperty("primitives").EnumerateArray()];
            long Sum(string name) => primitives.Sum(primitive => primitive.GetProperty(name).GetInt64());
            Assert.Equal((row.GetProperty("flops").GetInt64(), row.GetProperty("bytes").GetInt64()), (Sum("flops"), Sum("bytes")));
            Assert.Equal(Of("predictedMilliseconds"), primitives.Sum(primitive => primitive.GetProperty("predictedMilliseconds").GetDouble()), 1e-9);
            foreach (JsonElement primitive in primitives)
            {
                // The sum over calls of the larger is at least the larger of the sums, and at most both.
                double products = primitive.GetProperty("flops").GetInt64() / peak * 1e3, moves = primitive.GetProperty("bytes").GetInt64() / bandwidth * 1e3;
                Assert.InRange(primitive.GetProperty("predictedMilliseconds").GetDouble(), Math.Max(products, moves) * (1 - 1e-6), (products + moves) * (1 + 1e-6));
                Assert.True(primitive.GetProperty("calls").GetInt64() > 0);
                Assert.Equal(JsonValueKind.Number, primitive.GetProperty("milliseconds").ValueKind);
            }
            Assert.Equal(Of("stepMilliseconds") / Full("stepMilliseconds"), Of("measuredFraction"), 1e-9);
            Assert.Equal(Of("predictedMilliseconds") / Full("predictedMilliseconds"), Of("predictedFraction"), 1e-9);
            Assert.Equal((Of("measuredFraction") / Of("predictedFraction")) - 1, Of("deviation"), 1e-9);
            Assert.Equal(Of("predictedMilliseconds") / Of("stepMilliseconds"), Of("ofBound"), 1e-9);
            Assert.Equal(Of("flops") / (Of("stepMilliseconds") * 1e-3) / peak, Of("ofPeak"), 1e-9);
        }
    }

    [Fact]
    public void BenchPrintsTheSameAsTables()
    {
        FreezeRun result = FreezeRun.Of("bench", "--model", "mlp:12,10,10,5", "--batch", "4", "--steps", "2", "--device", "cpu", "--threads", "1", "--prefixes", "--primitives");
        Assert.Equal((0, ""), (result.Code, result.Error));
        string[] lines = result.PlainLines();
        Assert.All(new[] { "0/3", "1/3", "2/3" }, frozen => Assert.Single(lines, line => line.Contains(frozen, StringComparison.Ordinal) && line.Contains(" Gemm ", StringComparison.Ordinal)));
        Assert.Contains(lines, line => line.Contains("multiply-adds on registers", StringComparison.Ordinal));
    }

    [Fact]
    public void BenchPrintsAPlainTable()
    {
        FreezeRun result = FreezeRun.Of("bench", "--model", "mlp:12,10,10,5", "--batch", "4", "--steps", "2", "--device", "reference", "--wide");
        Assert.Equal((0, ""), (result.Code, result.Error));
        string[] lines = result.PlainLines();
        Assert.Contains(lines, line => line.Contains("frozen", StringComparison.Ordinal) && line.Contains("managed bytes", StringComparison.Ordinal));
        Assert.All(new[] { "0/3", "1/3", "2/3" }, frozen => Assert.Single(lines, line => line.Contains(frozen, StringComparison.Ordinal)));
        Assert.Contains(lines, line => line.Contains("GFLOP/s", StringComparison.Ordinal));
    }
}
