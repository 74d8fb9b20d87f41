using ResearchFreeze.Autograd;

namespace ResearchFreeze.Evaluation;

/// <summary>One check of a section.</summary>
/// <param name="Section"><c>primitives</c>, <c>operations</c> or <c>networks</c>.</param>
/// <param name="Result">What it found.</param>
public sealed record DoctorCheck(string Section, CheckResult Result);
