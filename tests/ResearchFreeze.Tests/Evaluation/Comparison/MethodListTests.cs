using ResearchFreeze.Evaluation;

namespace ResearchFreeze.Tests.Evaluation;

public sealed class MethodListTests
{
    private static readonly string[] Names = ["never", "adaptive", "static", "phases"];

    [Theory]
    [InlineData("adaptive", "adaptive")]
    [InlineData("adaptive,static:2", "adaptive static:2")]
    // Settings belong to the method before them, numbers too.
    [InlineData("adaptive:patience=8,window=4,static:1", "adaptive:patience=8,window=4 static:1")]
    [InlineData("phases:1,2,steps=3,never", "phases:1,2,steps=3 never")]
    [InlineData("static:{1,2,3}", "static:1 static:2 static:3")]
    [InlineData("static:{1..3},never", "static:1 static:2 static:3 never")]
    [InlineData("adaptive:drift={0.1,0.2},patience={4,8}", "adaptive:drift=0.1,patience=4 adaptive:drift=0.1,patience=8 adaptive:drift=0.2,patience=4 adaptive:drift=0.2,patience=8")]
    // What is misspelt is a method of its own, and refused by its name later.
    [InlineData("adaptive,adaptve", "adaptive adaptve")]
    public void CommasPartMethodsAndBracesAreGrids(string text, string methods) => Assert.Equal(methods.Split(' '), MethodList.Methods(text, Names));

    [Theory]
    [InlineData("static:{1,2", "a brace without its other one")]
    [InlineData("static:1}", "a brace without its other one")]
    [InlineData("static:{1,{2}}", "a brace without its other one")]
    [InlineData("static:{1,}", "a grid has an empty choice")]
    [InlineData("static:{3..1}", "found '3..1'")]
    [InlineData("static:1,static:{1..2}", "method 'static:1' is given twice")]
    [InlineData("static:{0..2000}", "found '0..2000'")]
    public void WhatIsNoListIsRefused(string text, string says) => Assert.Contains(says, Assert.Throws<ArgumentException>(() => MethodList.Methods(text, Names)).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("3", new ulong[] { 3 })]
    [InlineData("0..2", new ulong[] { 0, 1, 2 })]
    [InlineData("7,0..1,18446744073709551615", new ulong[] { 7, 0, 1, ulong.MaxValue })]
    [InlineData("18446744073709551614..18446744073709551615", new ulong[] { ulong.MaxValue - 1, ulong.MaxValue })]
    public void SeedsAreNumbersAndRanges(string text, ulong[] seeds) => Assert.Equal(seeds, MethodList.Seeds(text));

    [Theory]
    [InlineData("", "found ''")]
    [InlineData("a", "found 'a'")]
    [InlineData("-1", "found '-1'")]
    [InlineData("0..1..2", "found '0..1..2'")]
    [InlineData("3..1", "a range of seeds must ascend, found '3..1'")]
    [InlineData("0..3,2", "seed 2 is given twice")]
    [InlineData("0..1000", "expected at most 1000 seeds")]
    [InlineData("0..18446744073709551615", "expected at most 1000 seeds")]
    public void WhatAreNoSeedsIsRefused(string text, string says) => Assert.Contains(says, Assert.Throws<ArgumentException>(() => MethodList.Seeds(text)).Message, StringComparison.Ordinal);
}
