using ResearchFreeze.DynamicFreeze;
using ResearchFreeze.Layers;

namespace ResearchFreeze.Tests.DynamicFreeze;

/// <summary>Which steps' seconds are compared: repeated ones with repeated ones, and none that was recorded or compiled for.</summary>
public sealed class StepTimesTests
{
    [Fact]
    public void StepsOfEachWayAreApartAndTheFirstIsLeftOut()
    {
        var times = new StepTimes();
        Assert.Null(times.Coming);
        Take(times, StepWay.Plain, 9, 4, 2, 3);
        Assert.Equal((3, 3, StepWay.Plain), (times.Of(StepWay.Plain, isSynchronous: true), times.Of(StepWay.Plain, isSynchronous: false), times.Coming));
        Assert.True(double.IsNaN(times.Of(StepWay.Repeated, isSynchronous: true)));
        Take(times, StepWay.Aside, 100, 100);
        Take(times, StepWay.Repeated, 1, 1, 1, 2);
        Assert.Equal((1, 1.25, StepWay.Repeated), (times.Of(StepWay.Repeated, isSynchronous: true), times.Of(StepWay.Repeated, isSynchronous: false), times.Coming));
        Assert.Equal(3, times.Of(StepWay.Plain, isSynchronous: true));
        Assert.Equal(10, times.Steps);
        // Beside steps of one second: the first, the two that were recorded, and those that were not repeated yet.
        Assert.Equal(9 + 200 + 9 - 6, times.Beside(StepWay.Repeated, 1));
        // And where the code takes all of them, without those.
        Assert.Equal(9 + 200 - (3 * 3), times.Beside(StepWay.Plain, 3));
        Assert.Equal((double.NaN, 1.5), (times.Settled(StepWay.Plain), times.Settled(StepWay.Repeated)));
    }

    /// <summary>Where steps are repeated, the three that the code takes before a recording are not what comes.</summary>
    [Fact]
    public void BehindAChangeWhatComesIsNotWhatGoesBeforeARecording()
    {
        var times = new StepTimes();
        Take(times, StepWay.Repeated, 1, 1);
        times.Clear();
        Take(times, StepWay.Plain, 9, 5, 5, 5);
        Assert.Null(times.Coming);
        // More of them: nothing is recorded any more.
        Take(times, StepWay.Plain, 5);
        Assert.Equal(StepWay.Plain, times.Coming);
        Assert.True(times.Repeats);
    }

    [Fact]
    public void WhatIsSavedIsRead()
    {
        StepTimes times = new(), other = new();
        Take(times, StepWay.Plain, 9, 4, 2);
        Take(times, StepWay.Repeated, 1, 3);
        var state = new StateTree();
        times.Save(state);
        other.Read(state)();
        Assert.Equal((times.Steps, 3, 2, true), (other.Steps, other.Of(StepWay.Plain, true), other.Of(StepWay.Repeated, true), other.Repeats));
        Assert.Equal(times.Beside(StepWay.Plain, 1), other.Beside(StepWay.Plain, 1));
        // The first step of the process that goes on compiles: neither time nor price.
        Take(other, StepWay.Plain, 1000);
        Assert.Equal((times.Steps + 1, 3), (other.Steps, other.Of(StepWay.Plain, true)));
        Assert.Equal(times.Beside(StepWay.Plain, 1), other.Beside(StepWay.Plain, 1));
        Take(other, StepWay.Plain, 6);
        Assert.Equal((times.Steps + 2, 4), (other.Steps, other.Of(StepWay.Plain, true)));
    }

    private static void Take(StepTimes times, StepWay way, params double[] seconds)
    {
        foreach (double each in seconds) times.Add(way, each);
    }
}
