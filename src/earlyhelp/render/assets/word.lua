-- What HTML has no element for and Word has: footnotes.
function Span(span)
  if span.classes:includes('footnote') then return pandoc.Note{pandoc.Para(span.content)} end
end
