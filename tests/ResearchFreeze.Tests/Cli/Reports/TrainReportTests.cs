using ResearchFreeze.Cli;
using ResearchFreeze.DynamicFreeze;

namespace ResearchFreeze.Tests.Cli;

public sealed class TrainReportTests
{
    private static StepSaving Change(double before, double promised, double found) => new(1, "a frozen", before, promised, double.NaN, double.NaN, found, 3);

    [Fact]
    public void AStepsTimesAreThoseBeforeTheFirstChangeAndAtTheEnd()
    {
        Assert.Null(TrainReport.StepTimes([]));
        Assert.Equal("10.00 ms before the first change, 4.00 at the end: 60.0 % saved, 50.0 % promised", TrainReport.StepTimes([Change(0.01, 0.008, 0.008), Change(0.008, 0.005, 0.004)]));
        // What begins frozen and is thawed costs.
        Assert.Equal("4.00 ms before the first change, 8.00 at the end: 100.0 % overhead, 200.0 % overhead promised", TrainReport.StepTimes([Change(0.004, 0.012, 0.008)]));
    }

    [Fact]
    public void WhatWasNotMeasuredIsNoNumber()
    {
        Assert.Equal("10.00 ms before the first change, 4.00 at the end: 60.0 % saved, not promised, since changes lay too close together", TrainReport.StepTimes([Change(0.01, 0.008, double.NaN), Change(double.NaN, double.NaN, 0.004)]));
        Assert.Null(TrainReport.StepTimes([Change(double.NaN, double.NaN, 0.004)]));
        Assert.Null(TrainReport.StepTimes([Change(0.01, 0.008, double.NaN)]));
    }
    /// <summary>A repeated step is no measure of one that the code takes.</summary>
    [Fact]
    public void StepsOfTwoKindsAreNotCompared()
    {
        StepSaving repeated = Change(0.01, 0.008, 0.004) with { IsRepeated = true };
        Assert.Equal("10.00 ms before the first change, 4.00 at the end: 60.0 % saved, 20.0 % promised", TrainReport.StepTimes([repeated]));
        Assert.Equal("not compared: before the first change steps were taken by the code, and at the end they were repeated as recorded", TrainReport.StepTimes([Change(0.02, 0.01, 0.018), repeated]));
        Assert.Equal("not compared: before the first change steps were repeated as recorded, and at the end too few were", TrainReport.StepTimes([repeated, repeated with { Found = double.NaN }]));
    }
}
