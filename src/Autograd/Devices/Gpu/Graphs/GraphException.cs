namespace ResearchFreeze.Autograd;

/// <summary>A driver refused something about a graph.</summary>
internal sealed class GraphException(string message) : Exception(message);
