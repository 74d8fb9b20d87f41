namespace ResearchFreeze.Autograd;

/// <summary>An operation that reads none of its inputs' elements itself: whoever it calls asks for reals where those are kept in bfloat16.</summary>
internal interface IPassesInputs;
