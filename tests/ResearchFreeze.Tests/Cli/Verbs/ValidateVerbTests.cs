using System.Text.Json;

namespace ResearchFreeze.Tests.Cli;

public class ValidateVerbTests
{
    [Fact]
    public void PoliciesAndCriteriaStandBesideEachOther()
    {
        FreezeRun run = FreezeRun.Of(
            "validate", "--policy", "static:2", "--policy", "never", "--criterion", "weight-change", "--rule", "prefix-patience:threshold=1000,patience=1", "--control", "checks=10,warmup=0", "--seeds", "1", "--threads", "1");
        Assert.Equal((0, ""), (run.Code, run.Error));
        string[][] rows = [.. run.Output.Split('\n').Select(line => line.Split("  ", StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)).Where(cells => cells.Length > 4)];
        Assert.Equal(["policy", "precision", "recall", "delay", "wrong", "thaws", "loss", "on null"], rows[0]);
        Assert.Contains("  3: weight-change under prefix-patience:threshold=1000,patience=1", run.Output, StringComparison.Ordinal);     // too long for the table
        // Two of 1, 2, 3, 4 finished units frozen from the start: precision (1/2 + 1 + 1 + 1)/4, recall (1 + 1 + 2/3 + 1/2)/4, one wrong freeze, and two on the null task.
        Assert.Equal(["1", "0.88", "0.79", "0", "1", "0"], rows[1][..6]);
        Assert.Equal("2", rows[1][^1]);
        Assert.Equal(["2", "none", "0.00", "0", "0"], rows[2][..5]);
        Assert.Equal("0", rows[2][^1]);
        // A threshold of 1000 says "finished" as soon as there is a score, at the second check: units 1 to 5 at steps 120, 180, …, 360.
        Assert.Equal(["3", "0.50", "1.00", "165", "10", "0"], rows[3][..6]);
        Assert.Equal("5", rows[3][^1]);
        Assert.Equal(4, rows.Length);
    }

    [Fact]
    public void JsonHasTheSameNumbersAndLeavesOutWhatIsNone()
    {
        FreezeRun run = FreezeRun.Of("validate", "--policy", "static:1", "--policy", "never", "--seeds", "1", "--tasks", "scattered,null", "--json", "--schedule", "cosine");
        Assert.Equal((0, ""), (run.Code, run.Error));
        JsonElement root = JsonDocument.Parse(run.Output).RootElement, row = root.GetProperty("policies")[0], scattered = row.GetProperty("scattered");
        Assert.Equal(["name", "null", "scattered"], row.EnumerateObject().Select(property => property.Name));
        // The first unit is finished in one task, with two others, and in the other it is not.
        Assert.Equal((2, 0.5, 1), (scattered.GetProperty("runs").GetInt32(), scattered.GetProperty("precision").GetDouble(), scattered.GetProperty("wrongFreezes").GetInt32()));
        Assert.Equal(1 / 6.0, scattered.GetProperty("recall").GetDouble(), 1e-12);
        Assert.Equal((1.0, 0.0), (scattered.GetProperty("prefixRecall").GetDouble(), scattered.GetProperty("delay").GetDouble()));
        Assert.Equal(1, row.GetProperty("null").GetProperty("wrongFreezes").GetInt32());
        Assert.False(row.GetProperty("null").TryGetProperty("recall", out _));
        Assert.False(root.GetProperty("policies")[1].GetProperty("scattered").TryGetProperty("precision", out _));
    }

    [Theory]
    [InlineData("Nothing to validate")]
    [InlineData("--rule x needs a --criterion", "--rule", "x")]
    [InlineData("Rule 'adaptive' is unknown; known are aimd, budget, dropbp, geometric-depth, loss-budget, lowest, never, percentile, phases, prefix-patience, relative-rates, rotation, static, switched-rates, threshold, top-signal", "--criterion", "weight-change", "--rule", "adaptive")]
    [InlineData("--control checks=3 needs a --criterion", "--policy", "never", "--control", "checks=3")]
    [InlineData("'criterion' is unknown; known are", "--criterion", "weight-change", "--rule", "prefix-patience:criterion=weight-change")]
    [InlineData("'x' is unknown", "--criterion", "weight-change", "--rule", "prefix-patience:x=1")]
    [InlineData("Criterion 'nope' is unknown", "--criterion", "nope")]
    [InlineData("Policy 'nope' is unknown", "--policy", "nope")]
    [InlineData("task 'foo' is unknown; known are planted, null, scattered, shift", "--policy", "never", "--tasks", "planted,foo")]
    [InlineData("null is given twice", "--policy", "never", "--tasks", "null,null")]
    [InlineData("--seeds must be between 1 and 1000, found 0", "--policy", "never", "--seeds", "0")]
    [InlineData("--threads must be between 0", "--policy", "never", "--threads", "-1")]
    [InlineData("Schedule 'nope' is unknown", "--policy", "never", "--schedule", "nope")]
    [InlineData("static: 6 units to freeze, but the model has 6", "--policy", "static:6", "--seeds", "1")]
    public void WhatIsWrongIsSaidInOneLine(string message, params string[] args)
    {
        FreezeRun run = FreezeRun.Of(["validate", .. args]);
        Assert.Equal((2, ""), (run.Code, run.Output));
        Assert.StartsWith("error: ", run.Error, StringComparison.Ordinal);
        Assert.Contains(message, run.Error, StringComparison.Ordinal);
        Assert.Single(run.Error.TrimEnd().Split('\n'));
    }
}
